using System.Text.Json;
using System.Text.Json.Nodes;
using AdmissionWebhook.Policy.Configuration.Schemas;
using AdmissionWebhook.Policy.Rules;
using AdmissionWebhook.Policy.Values;

namespace AdmissionWebhook.Policy.Configuration;

/// <summary>A TrafficPolicyExemption as written.</summary>
public sealed record ExemptionDocument : Document
{
    /// <summary>The kind of an exemption.</summary>
    public const string SupportedKind = "TrafficPolicyExemption";

    /// <summary>metadata.namespace.</summary>
    public string? Namespace { get; private init; }

    /// <summary>metadata.creationTimestamp; null if no API server has stored it yet.</summary>
    public DateTimeOffset? CreatedAt { get; private init; }

    /// <summary>spec.rules, as written.</summary>
    public ImmutableArray<string> Rules { get; private init; } = [];

    /// <summary>spec.names.</summary>
    public ImmutableArray<string> Names { get; private init; } = [];

    /// <summary>spec.selector.</summary>
    public LabelSelector Selector { get; private init; } = LabelSelector.Everything;

    /// <summary>spec.reason.</summary>
    public string? Reason { get; private init; }

    /// <summary>spec.owner.</summary>
    public string? Owner { get; private init; }

    /// <summary>spec.ticket.</summary>
    public string? Ticket { get; private init; }

    /// <summary>spec.expiresAt.</summary>
    public DateTimeOffset? ExpiresAt { get; private init; }

    internal static JsonObject Schema => OpenApi.Map(
            ("rules", AtLeastOne(OpenApi.ListOf(OpenApi.Choice(RuleCatalog.All.Select(rule => rule.Id)), 100)).As("The rules that do not apply, by id.")),
            ("names", OpenApi.TextList.As("Patterns of the names of the objects. * matches any characters.")),
            ("selector", LabelSelector.Schema.As("The labels that the objects must have. If names are set too, both must match.")),
            ("reason", NotBlank(OpenApi.Text(1024), "reason").As("Why the objects cannot follow the rules.")),
            ("owner", NotBlank(OpenApi.Text(256), "owner").As("Whom to ask before the exemption expires.")),
            ("ticket", OpenApi.Text(256).As("Where the work is tracked that makes the exemption unnecessary.")),
            ("expiresAt", OpenApi.Instant.As("When it expires, like 2027-01-31T18:00:00Z. A policy can end it sooner.")))
        .Requiring("rules", "reason", "owner", "expiresAt")
        .Where(
            "(has(self.names) && size(self.names) > 0) || (has(self.selector) && ((has(self.selector.matchLabels) && size(self.selector.matchLabels) > 0)"
            + " || (has(self.selector.matchExpressions) && size(self.selector.matchExpressions) > 0)))",
            ExemptionDocumentValidator.NothingSelected);

    /// <summary>Reads a document without validating its contents.</summary>
    /// <param name="root">The document.</param>
    /// <param name="defaultNamespace">The namespace of a document without one; null if it must have one.</param>
    public static ExemptionDocument Read(JsonElement root, string? defaultNamespace = null)
    {
        var errors = new List<PolicyError>();
        var document = new Members(root, FieldPath.Root, errors, "apiVersion", "kind", "metadata", "spec", "status");
        var metadata = new Members(document["metadata"], FieldPath.Metadata, errors);
        var spec = new Members(document["spec"], FieldPath.Spec, errors, "rules", "names", "selector", "reason", "owner", "ticket", "expiresAt");

        return new()
        {
            ApiVersion = document.Text("apiVersion"),
            Kind = document.Text("kind"),
            Name = metadata.Text("name"),
            Namespace = metadata.Text("namespace") ?? defaultNamespace,
            CreatedAt = metadata.Read("creationTimestamp", ReadInstant, null),
            Rules = spec.Read("rules", ValueReaders.TextList, []),
            Names = spec.Read("names", ValueReaders.TextList, []),
            Selector = spec.Read("selector", LabelSelector.Read, LabelSelector.Everything),
            Reason = spec.Text("reason"),
            Owner = spec.Text("owner"),
            Ticket = spec.Read<string?>("ticket", ValueReaders.Text, null),
            ExpiresAt = spec.Read("expiresAt", ReadInstant, null),
            Unreadable = [.. errors],
        };
    }

    private static DateTimeOffset? ReadInstant(JsonElement value, FieldPath at, ICollection<PolicyError> errors) => ValueReaders.Instant(value, at, errors);

    private static JsonObject NotBlank(JsonObject text, string name) => text.Where("self.trim().size() > 0", $"{name} must not be blank");

    private static JsonObject AtLeastOne(JsonObject list)
    {
        list["minItems"] = 1;
        return list;
    }
}
