using System.CommandLine.Parsing;
using AdmissionWebhook.Policy.Rules;

namespace AdmissionWebhook.Cli;

/// <summary>Rejects invalid arguments with the reason, before the command reads any file.</summary>
internal static class Refusal
{
    /// <summary>Rejects ids that are not in the catalogue.</summary>
    public static Action<SymbolResult> OfUnknownRules { get; } = Of(
        written => RuleCatalog.Find(written) is null,
        written => RuleCatalog.NewIdOf(written) is { } renamed
            ? $"Rule \"{written}\" was renamed to \"{renamed}\"."
            : $"Rule \"{written}\" does not exist.{DidYouMean(written, RuleCatalog.All.Select(rule => rule.Id))}");

    /// <summary>Rejects every invalid value.</summary>
    public static Action<SymbolResult> Of(Func<string, bool> isWrong, Func<string, string> complaint) => result =>
    {
        foreach (var token in result.Tokens.Where(token => isWrong(token.Value)))
            result.AddError(Printable.Of(complaint(token.Value)));
    };

    public static string DidYouMean(string written, IEnumerable<string> known) =>
        Spelling.Nearest(written, known) is { } nearest ? $" Did you mean {nearest}?" : "";
}
