namespace AdmissionWebhook.EndToEnd.Tests.Image;

/// <summary>Docker's command line, for what Testcontainers does not do. Both take the engine that Docker's own variables name.</summary>
internal static class Docker
{
    // On a busy machine a build compiles for minutes, and so does a pull over a slow line.
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(20);

    /// <summary>Runs it and expects it to succeed.</summary>
    /// <returns>What it wrote.</returns>
    public static async Task<string> RunAsync(params IEnumerable<string> arguments)
    {
        var (exitCode, output) = await TryAsync(arguments);
        Assert.True(exitCode == 0, output);
        return output.Trim();
    }

    /// <summary>Pulls those images that are not present.</summary>
    /// <returns>One line that says why a test cannot run: no engine answers, or an image cannot be pulled. Empty when it can.</returns>
    public static async Task<string> WhyAbsentAsync(params IEnumerable<string> images)
    {
        var engine = await TryAsync("version", "--format={{.Server.Version}}");
        if (engine.ExitCode != 0)
            return $"No Docker engine answers: {OneLine(engine.Output)}";

        foreach (var image in images)
        {
            if ((await TryAsync("image", "inspect", image)).ExitCode == 0)
                continue;

            var pull = await TryAsync("pull", "--quiet", image);
            if (pull.ExitCode != 0)
                return $"Image {image} is not present and cannot be pulled: {OneLine(pull.Output)}";
        }

        return "";
    }

    private static async Task<(int ExitCode, string Output)> TryAsync(params IEnumerable<string> arguments)
    {
        // Docker before 23 builds without BuildKit unless it is told.
        await using var docker = ChildProcess.Start("env", ["DOCKER_BUILDKIT=1", "docker", .. arguments]);
        return (await docker.WaitForExitAsync(Patience), docker.Output);
    }

    private static string OneLine(string output) =>
        string.Join(' ', output.Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries));
}
