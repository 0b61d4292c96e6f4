using System.Reflection;

namespace AdmissionWebhook.Policy.Evaluation;

/// <summary>
/// A dry run of an object with this name checks whether the webhook is called: the webhook answers with a warning. Without it, the answer of an API server is the
/// same whether a webhook allows a request or is never called.
/// </summary>
public static class Probe
{
    /// <summary>The name of the object.</summary>
    public const string Name = "admission-webhook-probe";

    /// <summary>The version of the webhook.</summary>
    public static string Version => Build.Split('+')[0];

    /// <summary>The commit it was built from; empty if unknown.</summary>
    public static string Revision => Build.Split('+') is [_, var revision] ? revision : "";

    private static string Build { get; } = typeof(Probe).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()!.InformationalVersion;

    /// <summary>The warning; null if the request is not a probe.</summary>
    public static string? AnswerTo(Subject subject) =>
        subject is { IsDryRun: true, Operation: Operation.Create } && subject.Object?.Metadata.Name == Name ? $"{Prefix(subject.Phase)}{Version}" : null;

    /// <summary>The version that answered in a phase; null if no warning is an answer.</summary>
    public static string? FindAnswer(IEnumerable<string> warnings, AdmissionPhase phase) =>
        warnings.FirstOrDefault(warning => warning.StartsWith(Prefix(phase), StringComparison.Ordinal))?[Prefix(phase).Length..];

    private static string Prefix(AdmissionPhase phase) => $"answered by admission-webhook ({(phase == AdmissionPhase.Mutating ? "mutating" : "validating")}) ";
}
