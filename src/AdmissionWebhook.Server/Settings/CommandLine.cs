using AdmissionWebhook.Policy.Values;

namespace AdmissionWebhook.Server.Settings;

/// <summary>The arguments of the process. The configuration ignores an argument that is not a setting; this class reports it.</summary>
internal static class CommandLine
{
    private static readonly string[] Help = ["--help", "-h", "-?", "help"];

    /// <summary>Whether the user asks for help.</summary>
    public static bool AsksForHelp(IEnumerable<string> args) => args.Any(argument => Help.Contains(argument));

    /// <summary>Every argument that is not a setting, one line each.</summary>
    public static IEnumerable<string> FindMistakes(IReadOnlyList<string> args)
    {
        for (var i = 0; i < args.Count; i++)
        {
            var argument = args[i];
            if (!argument.StartsWith("--", StringComparison.Ordinal))
                yield return $"{argument}: is not an option; write a setting as --Webhook:Port=8443.";
            else if (argument.Contains('='))
                continue;
            else if (i + 1 < args.Count && !args[i + 1].StartsWith("--", StringComparison.Ordinal))
                i++;
            else
                yield return $"{argument}: {(Spelling.Nearest(argument, Help) is { } help ? $"is not an option; did you mean {help}?" : $"a value is required; write {argument}=…")}";
        }
    }
}
