using System.Reflection;

namespace AdmissionWebhook.Policy.Evaluation;

/// <summary>
/// A dry run of an object with this name asks whether anybody judges it, and is answered by a warning. What an API server says otherwise is the same whether
/// a webhook lets something pass or is never reached.
/// </summary>
public static class Probe
{
    /// <summary>The name of the object.</summary>
    public const string Name = "admission-webhook-probe";

    /// <summary>Whose version this is.</summary>
    public static string Version => Build.Split('+')[0];

    /// <summary>The commit it was built from; empty where the build could not tell.</summary>
    public static string Revision => Build.Split('+') is [_, var revision] ? revision : "";

    private static string Build { get; } = typeof(Probe).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()!.InformationalVersion;

    /// <summary>The warning; null for whatever is no probe.</summary>
    public static string? AnswerTo(Subject subject) =>
        subject is { IsDryRun: true, Operation: Operation.Create } && subject.Object?.Metadata.Name == Name ? $"{Prefix(subject.Phase)}{Version}" : null;

    /// <summary>The version that answered in a phase; null where none of the warnings is an answer.</summary>
    public static string? FindAnswer(IEnumerable<string> warnings, AdmissionPhase phase) =>
        warnings.FirstOrDefault(warning => warning.StartsWith(Prefix(phase), StringComparison.Ordinal))?[Prefix(phase).Length..];

    private static string Prefix(AdmissionPhase phase) => $"answered by admission-webhook ({(phase == AdmissionPhase.Mutating ? "mutating" : "validating")}) ";
}
