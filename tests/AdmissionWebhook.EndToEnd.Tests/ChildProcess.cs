using System.Diagnostics;
using System.Text;

namespace AdmissionWebhook.EndToEnd.Tests;

/// <summary>A program that runs beside the tests and ends with them.</summary>
public sealed class ChildProcess : IAsyncDisposable
{
    private readonly Process _process;
    private readonly StringBuilder _output = new();
    private readonly ImmutableArray<Thread> _readers;

    private ChildProcess(Process process)
    {
        _process = process;

        // A read of a pipe blocks its thread. On the pool's few threads that would delay whatever the tests measure.
        _readers = [.. new[] { process.StandardOutput, process.StandardError }.Select(stream => new Thread(() => Keep(stream)) { IsBackground = true })];
        foreach (var reader in _readers)
            reader.Start();
    }

    /// <summary>What it has written so far.</summary>
    public string Output
    {
        get
        {
            // Of a process that has ended, what it wrote last is still on its way.
            foreach (var reader in _readers.Where(_ => _process.HasExited))
                reader.Join();
            lock (_output)
                return _output.ToString();
        }
    }

    public bool HasExited => _process.HasExited;

    /// <summary>Waits for it to end by itself.</summary>
    /// <param name="patience">How long at most; a minute by default: a server drains, ends what is under way and writes its records, and each takes its time.</param>
    /// <returns>Its exit code.</returns>
    public async Task<int> WaitForExitAsync(TimeSpan? patience = null)
    {
        var limit = patience ?? TimeSpan.FromMinutes(1);
        using var deadline = new CancellationTokenSource(limit);
        try
        {
            await _process.WaitForExitAsync(deadline.Token);
        }
        catch (OperationCanceledException late)
        {
            throw new TimeoutException($"It did not end within {limit}.\n{Output}", late);
        }

        return _process.ExitCode;
    }

    public static ChildProcess Start(string program, params IEnumerable<string> arguments) =>
        new(Process.Start(new ProcessStartInfo(program, arguments) { RedirectStandardOutput = true, RedirectStandardError = true, UseShellExecute = false })!);

    /// <summary>Runs a program to its end.</summary>
    public static async Task<(int ExitCode, string Output)> RunAsync(string program, IEnumerable<string> arguments, string input = "")
    {
        using var process = Process.Start(new ProcessStartInfo(program, arguments) { RedirectStandardOutput = true, RedirectStandardError = true, RedirectStandardInput = true, UseShellExecute = false })!;
        await process.StandardInput.WriteAsync(input);
        process.StandardInput.Close();
        var (output, errors) = (process.StandardOutput.ReadToEndAsync(), process.StandardError.ReadToEndAsync());
        await process.WaitForExitAsync();
        return (process.ExitCode, await output + await errors);
    }

    /// <summary>Lets it stand still, and go on.</summary>
    public void Signal(string signal) => Process.Start("kill", [signal, $"{_process.Id}"]).WaitForExit();

    public async ValueTask DisposeAsync()
    {
        if (!_process.HasExited)
            _process.Kill(entireProcessTree: true);
        await _process.WaitForExitAsync();
        _process.Dispose();
    }

    private void Keep(StreamReader stream)
    {
        while (stream.ReadLine() is { } line)
        {
            lock (_output)
                _output.AppendLine(line);
        }
    }
}
