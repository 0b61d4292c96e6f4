using System.Text.Json;
using System.Text.Json.Nodes;
using AdmissionWebhook.Policy.Configuration.Schemas;
using AdmissionWebhook.Policy.Rules;
using AdmissionWebhook.Policy.Values;

namespace AdmissionWebhook.Policy.Configuration;

/// <summary>A TrafficPolicy as written.</summary>
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
        ("namespaces", NamespaceScope.Schema.As("The namespaces that the policy covers. Every policy covers cluster-scoped objects.")),
        ("ingressClasses", ClassScope.Schema.As("The Ingress classes that the policy covers.")),
        ("exempt", IdentityScope.Schema.As("The users whose requests the policy never denies. Each rule can add others.")),
        ("exemptions", OpenApi.Map(("maxLifetime", OpenApi.Duration.As("The maximum lifetime of an exemption from its creation, like 90d, 12h or 30m. Default: until its expiresAt.")))
            .As($"Limits for {ExemptionDocument.SupportedKind} objects.")),
        ("knownControllers", KnownController.Schema),
        ("onError", OpenApi.Choice(Enum.GetNames<ErrorAnswer>())
            .As("The answer to a request if a rule at Deny fails or needs too much work: Deny denies it, Warn allows it with a warning. Default: Deny.")),
        ("tellDefaults", OpenApi.Flag.As("Whether users get a warning for every default that is set, so that they add it to the manifest. Default: false.")),
        ("rules", OpenApi.Map(RuleCatalog.All.Select(rule => (rule.Id, RuleSetting.SchemaOf(rule))))
            .As("The settings of each rule. A rule that is not listed is off; {} selects its defaults.")));

    /// <summary>Reads a document without validating its contents.</summary>
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

/// <summary>The answer to a request if a rule does not decide.</summary>
public enum ErrorAnswer
{
    /// <summary>The request is denied.</summary>
    Deny,

    /// <summary>The request is allowed with a warning.</summary>
    Warn,
}
