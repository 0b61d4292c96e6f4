using System.Text.Json.Nodes;
using AdmissionWebhook.Policy.Evaluation;
using AdmissionWebhook.Policy.Kinds;
using AdmissionWebhook.Policy.Manifests;

namespace AdmissionWebhook.Cli;

/// <summary>How an object fares, from mild to severe.</summary>
internal enum Outcome
{
    /// <summary>No policy objects.</summary>
    Allowed,

    /// <summary>It would be recorded, nothing more.</summary>
    Audited,

    /// <summary>The user would be warned.</summary>
    Warned,

    /// <summary>It would be refused.</summary>
    Denied,
}

/// <summary>What the engine says of one object.</summary>
/// <param name="Manifest">The object as written; null for one read from an API server.</param>
/// <param name="Object">The object as it would be stored; null where its kind is not judged.</param>
/// <param name="Findings">Those of the defaults first, then those about the result.</param>
/// <param name="Patch">The defaults that were filled in.</param>
internal sealed record Verdict(Manifest? Manifest, KubernetesObject? Object, ImmutableArray<Finding> Findings, ImmutableArray<PatchOperation> Patch)
{
    /// <summary>The object with its defaults, UTF-8; null where there are none.</summary>
    public byte[]? Filled { get; init; }

    /// <summary>The object as written and as it would be stored: who writes what is stored already changes nothing, with the defaults or without.</summary>
    public IEnumerable<byte[]> Forms => Manifest is null ? [] : Filled is null ? [Manifest.Json] : [Manifest.Json, Filled];

    /// <summary>The strictest thing said of it.</summary>
    public Outcome Outcome => Findings.Select(OutcomeOf).DefaultIfEmpty().Max();

    /// <summary>Whether a rule lacked something to tell.</summary>
    public bool IsUnchecked => Findings.Any(finding => finding.Status == FindingStatus.Unchecked);

    /// <summary>Whether anything lets something be that is wrong with it.</summary>
    public bool IsExempted => Findings.Any(finding => finding.Exemption is not null);

    /// <summary>As written, or as the API server serves it.</summary>
    public string ApiVersion => Manifest?.ApiVersion ?? Object!.Kind.ApiVersion;

    /// <summary>The kind's name.</summary>
    public string KindName => Manifest?.KindName ?? Object!.Kind.Name;

    /// <summary>Empty where the object has none.</summary>
    public string Name => Object?.Metadata.Name ?? WrittenMetadata("name") ?? "";

    /// <summary>Null for a cluster-scoped object, and for one of a foreign kind that names none.</summary>
    public string? Namespace => Object is null ? WrittenMetadata("namespace") : Object.Metadata.Namespace;

    /// <summary>How severe a finding is. What a rule could not tell is no reproach.</summary>
    public static Outcome OutcomeOf(Finding finding) => finding switch
    {
        { Enforcement: Enforcement.Deny } => Outcome.Denied,
        { IsWarning: true } => Outcome.Warned,
        { Enforcement: Enforcement.Audit } => Outcome.Audited,
        _ => Outcome.Allowed,
    };

    /// <summary>The line of what a finding is about; null where the object is written nowhere.</summary>
    public int? LineOf(Finding finding) => Manifest?.LineOf(finding.Field);

    private string? WrittenMetadata(string field) =>
        (JsonNode.Parse(Manifest!.Json)?["metadata"] as JsonObject)?[field] is JsonValue value && value.TryGetValue(out string? text) ? text : null;
}
