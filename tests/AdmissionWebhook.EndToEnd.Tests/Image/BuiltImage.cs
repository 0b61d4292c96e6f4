using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using AdmissionWebhook.TestSupport;

namespace AdmissionWebhook.EndToEnd.Tests.Image;

/// <summary>The image that the Dockerfile builds, as it is shipped.</summary>
public sealed partial class BuiltImage : IAsyncLifetime
{
    /// <summary>What the build is told of the commit.</summary>
    public const string Revision = "test";

    private bool _isBuilt;

    /// <summary>Why there is none.</summary>
    public string Absent { get; private set; } = "";

    public bool IsPresent => Absent.Length == 0;

    public string Name { get; } = $"admission-webhook:{Guid.NewGuid():N}";

    public async ValueTask InitializeAsync()
    {
        // Pulled here, so that only a build that had all it needs can fail.
        var bases = Bases().Matches(await File.ReadAllTextAsync(Repository.PathOf("Dockerfile")));
        Absent = await Docker.WhyAbsentAsync(bases.Select(match => match.Groups[1].Value));
        if (!IsPresent)
            return;

        // Testcontainers builds without BuildKit, and nobody else sets $BUILDPLATFORM.
        await Docker.RunAsync("build", "--progress=plain", "--network=host", $"--build-arg=REVISION={Revision}", $"--tag={Name}", Repository.Root);
        _isBuilt = true;
    }

    /// <summary>What the engine knows of it.</summary>
    public async Task<JsonNode> InspectAsync() => JsonNode.Parse(await Docker.RunAsync("image", "inspect", Name))![0]!;

    public async ValueTask DisposeAsync()
    {
        if (_isBuilt)
            await Docker.RunAsync("image", "rm", "--force", Name);
    }

    [GeneratedRegex(@"^FROM (?:--platform=\S+ )?(\S+)", RegexOptions.Multiline)]
    private static partial Regex Bases();
}
