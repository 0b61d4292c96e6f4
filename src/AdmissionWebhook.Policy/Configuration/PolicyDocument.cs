using System.Text.Json;
using System.Text.Json.Nodes;
using AdmissionWebhook.Policy.Configuration.Schemas;
using AdmissionWebhook.Policy.Rules;
using AdmissionWebhook.Policy.Values;

namespace AdmissionWebhook.Policy.Configuration;

/// <summary>A TrafficPolicy as somebody wrote it.</summary>
public sealed record PolicyDocument : Document
{
    /// <summary>The kind of a policy.</summary>
    public const string SupportedKind = "TrafficPolicy";

    /// <summary>spec.namespaces.</summary>
    public NamespaceScope Namespaces { get; private init; } = NamespaceScope.All;

    /// <summary>spec.ingressClasses.</summary>
    public ClassScope IngressClasses { get; private init; } = ClassScope.All;

    /// <summary>spec.exempt.</summary>
    public IdentityScope Exempt { get; private init; } = IdentityScope.Nobody;

    /// <summary>spec.exemptions.maxLifetime.</summary>
    public TimeSpan? MaxExemptionLifetime { get; private init; }

    /// <summary>spec.knownControllers.</summary>
    public ImmutableArray<KnownController> KnownControllers { get; private init; } = KnownController.All;

    /// <summary>spec.onError.</summary>
    public ErrorAnswer OnError { get; private init; }

    /// <summary>spec.tellDefaults.</summary>
    public bool TellsDefaults { get; private init; }

    /// <summary>spec.rules.</summary>
    public ImmutableArray<RuleSetting> Rules { get; private init; } = [];

    internal static JsonObject Schema => OpenApi.Map(
        ("namespaces", NamespaceScope.Schema.As("The namespaces it speaks for. Cluster-scoped objects belong to every policy.")),
        ("ingressClasses", ClassScope.Schema.As("The Ingress classes it speaks for.")),
        ("exempt", IdentityScope.Schema.As("Whom it does not judge, whatever they do. Each rule can have others besides.")),
        ("exemptions", OpenApi.Map(("maxLifetime", OpenApi.Duration.As("How long one lasts at most, from its creation: 90d, 12h or 30m. Default: until its own expiresAt.")))
            .As($"How it bounds {ExemptionDocument.SupportedKind} objects.")),
        ("knownControllers", KnownController.Schema),
        ("onError", OpenApi.Choice(Enum.GetNames<ErrorAnswer>())
            .As("What becomes of a request when a rule at Deny fails or takes too much work: Deny refuses it, Warn lets it pass with a warning. Default: Deny.")),
        ("tellDefaults", OpenApi.Flag.As("Whether users are warned of every default that is filled in, so that they write it into the manifest. Default: false.")),
        ("rules", OpenApi.Map(RuleCatalog.All.Select(rule => (rule.Id, RuleSetting.SchemaOf(rule))))
            .As("What it wants of each rule. A rule that is not here is off; one with nothing but {} has its defaults.")));

    /// <summary>Reads a document without judging its contents.</summary>
    public static PolicyDocument Read(JsonElement root)
    {
        var errors = new List<PolicyError>();
        var document = new Members(root, FieldPath.Root, errors, "apiVersion", "kind", "metadata", "spec", "status");
        var metadata = new Members(document["metadata"], FieldPath.Metadata, errors);
        var spec = new Members(document["spec"], FieldPath.Spec, errors, "namespaces", "ingressClasses", "exempt", "exemptions", "knownControllers", "onError", "tellDefaults", "rules");
        var exemptions = new Members(spec["exemptions"], FieldPath.Spec / "exemptions", errors, "maxLifetime");

        return new()
        {
            ApiVersion = document.Text("apiVersion"),
            Kind = document.Text("kind"),
            Name = metadata.Text("name"),
            Namespaces = spec.Read("namespaces", NamespaceScope.Read, NamespaceScope.All),
            IngressClasses = spec.Read("ingressClasses", ClassScope.Read, ClassScope.All),
            Exempt = spec.Read("exempt", IdentityScope.Read, IdentityScope.Nobody),
            MaxExemptionLifetime = exemptions.Read<TimeSpan?>("maxLifetime", (value, at, mistakes) => ValueReaders.Duration(value, at, mistakes), null),
            KnownControllers = spec.Read("knownControllers", KnownController.ReadList, KnownController.All),
            OnError = spec.Read("onError", ValueReaders.Choice<ErrorAnswer>, ErrorAnswer.Deny),
            TellsDefaults = spec.Read("tellDefaults", ValueReaders.Flag, false),
            Rules = spec.Read("rules", ReadRules, []),
            Unreadable = [.. errors],
        };
    }

    private static ImmutableArray<RuleSetting> ReadRules(JsonElement rules, FieldPath at, ICollection<PolicyError> errors) =>
        [.. new Members(rules, at, errors).All.Select(rule => RuleSetting.Read(rule.Name, rule.Value, at / rule.Name, errors))];
}

/// <summary>What becomes of a request when a rule comes to no verdict.</summary>
public enum ErrorAnswer
{
    /// <summary>It is refused.</summary>
    Deny,

    /// <summary>It passes with a warning.</summary>
    Warn,
}
