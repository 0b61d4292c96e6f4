using System.Diagnostics;

namespace AdmissionWebhook.Benchmarks.Measuring;

/// <summary>A program that has run to its end.</summary>
/// <param name="Elapsed">From its start to its end.</param>
/// <param name="Peak">The most memory that was resident at once, in MiB.</param>
internal sealed record FinishedProcess(TimeSpan Elapsed, double Peak)
{
    /// <summary>How soon before its end a process is asked for its peak for the last time. What grows later is missed.</summary>
    private static readonly TimeSpan BetweenLooks = TimeSpan.FromMilliseconds(5);

    /// <summary>Runs a .NET program, whose exit code must be 0.</summary>
    public static async Task<FinishedProcess> RunAsync(string assembly, params IEnumerable<string> arguments)
    {
        var (begin, peak) = (Stopwatch.GetTimestamp(), 0L);
        using var process = Process.Start(new ProcessStartInfo("dotnet", [assembly, .. arguments]) { RedirectStandardOutput = true, UseShellExecute = false })!;
        var output = process.StandardOutput.BaseStream.CopyToAsync(Stream.Null);
        var end = process.WaitForExitAsync();
        while (await Task.WhenAny(end, Task.Delay(BetweenLooks)) != end)
            peak = Math.Max(peak, PeakOf(process));

        var elapsed = Stopwatch.GetElapsedTime(begin);
        await output;
        if (process.ExitCode != 0)
            throw new InvalidOperationException($"{string.Join(' ', arguments)} ended with {process.ExitCode}.");
        return new(elapsed, peak / 1024.0 / 1024.0);
    }

    private static long PeakOf(Process process)
    {
        try
        {
            process.Refresh();
            return process.PeakWorkingSet64;
        }
        catch (InvalidOperationException)
        {
            return 0; // It has ended in between.
        }
    }
}
