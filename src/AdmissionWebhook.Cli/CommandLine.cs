using System.CommandLine;
using System.CommandLine.Invocation;
using AdmissionWebhook.Cli.Doctor;

namespace AdmissionWebhook.Cli;

/// <summary>The commands, and the exit codes that scripts rely on.</summary>
internal static class CommandLine
{
    /// <summary>No relevant finding.</summary>
    public const int Passed = 0;

    /// <summary>At least one relevant finding.</summary>
    public const int Failed = 1;

    /// <summary>The check was not possible: an error in the arguments, the manifests or the policy, or an unreachable cluster.</summary>
    public const int Unusable = 2;

    private const int Interrupted = 130;

    /// <summary>Runs a command.</summary>
    /// <param name="args">The arguments of the user.</param>
    /// <param name="streams">Its input and outputs.</param>
    /// <param name="time">The clock for exemptions.</param>
    /// <returns>The exit code.</returns>
    public static async Task<int> RunAsync(string[] args, Streams streams, TimeProvider time)
    {
        var root = new RootCommand("Validates Kubernetes Services and Ingresses by the traffic policy of an organisation, as the admission webhook does.")
        {
            new CheckCommand(streams, time),
            new AuditCommand(streams, time),
            new RulesCommand(streams),
            new CrdsCommand(streams),
            new DoctorCommand(streams, time),
        };
        var parsed = root.Parse(args, new() { ResponseFileTokenReplacer = null });
        var mistake = parsed.Action as ParseErrorAction;
        mistake?.ShowHelp = false;

        // The default handler exits with 1, which means findings; a bug must not look like a finding.
        int exitCode;
        try
        {
            exitCode = await parsed.InvokeAsync(new() { Output = streams.Output, Error = streams.Error, EnableDefaultExceptionHandler = false });
        }
        catch (OperationCanceledException)
        {
            return Interrupted;
        }
        catch (Exception bug)
        {
            // One line for any input: a stack trace does not help the author of a manifest, and 134 is not one of our exit codes.
            var reason = (bug as AggregateException)?.Flatten().InnerException ?? bug;
            return streams.Refuse([reason is IOException or UnauthorizedAccessException
                ? reason.Message
                : $"This is a bug, please report it: {reason.GetType().Name}: {reason.Message.ReplaceLineEndings(" ")}"]);
        }

        if (mistake is null)
            return exitCode;

        await streams.Error.WriteLineAsync("Add --help for help.");
        return Unusable;
    }
}
