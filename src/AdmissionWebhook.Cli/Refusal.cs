using System.CommandLine.Parsing;
using AdmissionWebhook.Policy.Configuration;
using AdmissionWebhook.Policy.Evaluation;
using AdmissionWebhook.Policy.Rules;

namespace AdmissionWebhook.Cli;

/// <summary>Turns arguments down with the reason, before anything is read.</summary>
internal static class Refusal
{
    /// <summary>Of ids that are not in the catalogue.</summary>
    public static Action<SymbolResult> OfUnknownRules { get; } = Of(
        written => RuleCatalog.Find(written) is null,
        written => RuleCatalog.NewIdOf(written) is { } renamed
            ? $"Rule \"{written}\" was renamed to \"{renamed}\"."
            : $"Rule \"{written}\" does not exist.{DidYouMean(written, RuleCatalog.All.Select(rule => rule.Id))}");

    /// <summary>Of every value that is wrong.</summary>
    public static Action<SymbolResult> Of(Func<string, bool> isWrong, Func<string, string> complaint) => result =>
    {
        foreach (var token in result.Tokens.Where(token => isWrong(token.Value)))
            result.AddError(Printable.Of(complaint(token.Value)));
    };

    public static string DidYouMean(string written, IEnumerable<string> known) =>
        Spelling.Nearest(written, known) is { } nearest ? $" Did you mean {nearest}?" : "";
}
