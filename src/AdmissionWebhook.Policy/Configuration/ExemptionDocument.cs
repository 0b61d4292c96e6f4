using System.Text.Json;
using System.Text.Json.Nodes;
using AdmissionWebhook.Policy.Configuration.Schemas;
using AdmissionWebhook.Policy.Kinds;
using AdmissionWebhook.Policy.Rules;
using AdmissionWebhook.Policy.Values;

namespace AdmissionWebhook.Policy.Configuration;

/// <summary>A TrafficPolicyExemption as somebody wrote it.</summary>
public sealed record ExemptionDocument : Document
{
    /// <summary>The kind of an exemption.</summary>
    public const string SupportedKind = "TrafficPolicyExemption";

    /// <summary>metadata.namespace.</summary>
    public string? Namespace { get; private init; }

    /// <summary>metadata.creationTimestamp; null where no API server has stored it yet.</summary>
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
            ("rules", AtLeastOne(OpenApi.ListOf(OpenApi.Choice(RuleCatalog.All.Select(rule => rule.Id)), 100)).As("The rules that need not be kept to, by their ids.")),
            ("names", OpenApi.TextList.As("Patterns of the names of the objects; * stands for any characters.")),
            ("selector", LabelSelector.Schema.As("What the labels of the objects must be. Where there are names too, both must fit.")),
            ("reason", NotBlank(OpenApi.Text(1024), "reason").As("Why the rules cannot be kept to.")),
            ("owner", NotBlank(OpenApi.Text(256), "owner").As("Who is asked before it runs out.")),
            ("ticket", OpenApi.Text(256).As("Where the work is tracked that makes it needless.")),
            ("expiresAt", OpenApi.Instant.As("The first instant at which it no longer holds: 2027-01-31T18:00:00Z. A policy can end it sooner.")))
        .Requiring("rules", "reason", "owner", "expiresAt")
        .Where(
            "(has(self.names) && size(self.names) > 0) || (has(self.selector) && ((has(self.selector.matchLabels) && size(self.selector.matchLabels) > 0)"
            + " || (has(self.selector.matchExpressions) && size(self.selector.matchExpressions) > 0)))",
            ExemptionDocumentValidator.NothingSelected);

    /// <summary>Reads a document without judging its contents.</summary>
    /// <param name="root">The document.</param>
    /// <param name="defaultNamespace">The namespace of one that names none; null where it must name one.</param>
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

    private static JsonObject NotBlank(JsonObject text, string name) => text.Where("self.trim().size() > 0", $"{name} is blank");

    private static JsonObject AtLeastOne(JsonObject list)
    {
        list["minItems"] = 1;
        return list;
    }
}
