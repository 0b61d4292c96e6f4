using System.Text.Json.Nodes;
using AdmissionWebhook.Policy.Manifests;

namespace AdmissionWebhook.Cli;

/// <summary>The outcome of an object, from mild to severe.</summary>
internal enum Outcome
{
    /// <summary>No policy objects.</summary>
    Allowed,

    /// <summary>The webhook only records it.</summary>
    Audited,

    /// <summary>The webhook warns the user.</summary>
    Warned,

    /// <summary>The webhook denies it.</summary>
    Denied,
}

/// <summary>The result of the engine for one object.</summary>
/// <param name="Manifest">The object as written; null for an object from an API server.</param>
/// <param name="Object">The object as the API server would store it; null if no rule checks its kind.</param>
/// <param name="Findings">First the findings of the defaults, then the findings about the result.</param>
/// <param name="Patch">The defaults that were filled in.</param>
internal sealed record Verdict(Manifest? Manifest, KubernetesObject? Object, ImmutableArray<Finding> Findings, ImmutableArray<PatchOperation> Patch)
{
    /// <summary>The object with its defaults, UTF-8; null without defaults.</summary>
    public byte[]? Filled { get; init; }

    /// <summary>The object as written and as stored: writing either form of a stored object changes nothing.</summary>
    public IEnumerable<byte[]> Forms => Manifest is null ? [] : Filled is null ? [Manifest.Json] : [Manifest.Json, Filled];

    /// <summary>The strictest outcome of its findings.</summary>
    public Outcome Outcome => Findings.Select(OutcomeOf).DefaultIfEmpty().Max();

    /// <summary>Whether rules check its kind. Otherwise it is not allowed either: nobody looked.</summary>
    public bool IsJudged => Object is { Kind.IsJudged: true };

    /// <summary>Whether a rule could not check it.</summary>
    public bool IsUnchecked => Findings.Any(finding => finding.Status == FindingStatus.Unchecked);

    /// <summary>Whether a finding is exempted.</summary>
    public bool IsExempted => Findings.Any(finding => finding.Exemption is not null);

    /// <summary>The API version, as written or as the API server serves it.</summary>
    public string ApiVersion => Manifest?.ApiVersion ?? Object!.Kind.ApiVersion;

    /// <summary>The kind's name.</summary>
    public string KindName => Manifest?.KindName ?? Object!.Kind.Name;

    /// <summary>The name; empty if the object has none.</summary>
    public string Name => Object?.Metadata.Name ?? WrittenMetadata("name") ?? "";

    /// <summary>The namespace; null for a cluster-scoped object, and for an object of a foreign kind that names none.</summary>
    public string? Namespace => Object is null ? WrittenMetadata("namespace") : Object.Metadata.Namespace;

    /// <summary>The severity of a finding. An unchecked finding counts as allowed.</summary>
    public static Outcome OutcomeOf(Finding finding) => finding switch
    {
        { Enforcement: Enforcement.Deny } => Outcome.Denied,
        { IsWarning: true } => Outcome.Warned,
        { Enforcement: Enforcement.Audit } => Outcome.Audited,
        _ => Outcome.Allowed,
    };

    /// <summary>The line of a finding; null for an object without a file.</summary>
    public int? LineOf(Finding finding) => Manifest?.LineOf(finding.Field);

    private string? WrittenMetadata(string field) =>
        (JsonNode.Parse(Manifest!.Json)?["metadata"] as JsonObject)?[field] is JsonValue value && value.TryGetValue(out string? text) ? text : null;
}
