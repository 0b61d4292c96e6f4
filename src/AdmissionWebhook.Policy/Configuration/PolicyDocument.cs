using System.Text.Json;
using AdmissionWebhook.Policy.Resources;

namespace AdmissionWebhook.Policy.Configuration;

/// <summary>A TrafficPolicy as somebody wrote it, mistakes included.</summary>
public sealed record PolicyDocument
{
    /// <summary>The only version there is.</summary>
    public const string SupportedApiVersion = "policy.admissionwebhook.dev/v1alpha1";

    /// <summary>The kind of a policy.</summary>
    public const string SupportedKind = "TrafficPolicy";

    /// <summary>apiVersion.</summary>
    public string? ApiVersion { get; private init; }

    /// <summary>kind.</summary>
    public string? Kind { get; private init; }

    /// <summary>metadata.name.</summary>
    public string? Name { get; private init; }

    /// <summary>spec.namespaces.</summary>
    public NamespaceScope Namespaces { get; private init; } = NamespaceScope.All;

    /// <summary>spec.tellDefaults.</summary>
    public bool TellsDefaults { get; private init; }

    /// <summary>spec.rules.</summary>
    public ImmutableArray<RuleSetting> Rules { get; private init; } = [];

    /// <summary>What has the wrong shape or an unknown name.</summary>
    public ImmutableArray<PolicyError> Unreadable { get; private init; } = [];

    /// <summary>Reads a document without judging its contents.</summary>
    public static PolicyDocument Read(JsonElement root)
    {
        var errors = new List<PolicyError>();
        var document = new Members(root, FieldPath.Root, errors, "apiVersion", "kind", "metadata", "spec", "status");
        var metadata = new Members(document["metadata"], FieldPath.Metadata, errors);
        var spec = new Members(document["spec"], FieldPath.Spec, errors, "namespaces", "tellDefaults", "rules");

        return new()
        {
            ApiVersion = document.Text("apiVersion"),
            Kind = document.Text("kind"),
            Name = metadata.Text("name"),
            Namespaces = NamespaceScope.Read(spec["namespaces"], FieldPath.Spec / "namespaces", errors),
            TellsDefaults = !Members.IsAbsent(spec["tellDefaults"]) && Parameter.ReadFlag(spec["tellDefaults"], FieldPath.Spec / "tellDefaults", errors),
            Rules = ReadRules(spec["rules"], FieldPath.Spec / "rules", errors),
            Unreadable = [.. errors],
        };
    }

    private static ImmutableArray<RuleSetting> ReadRules(JsonElement rules, FieldPath at, List<PolicyError> errors) =>
        [.. new Members(rules, at, errors).All.Select(rule => RuleSetting.Read(rule.Name, rule.Value, at / rule.Name, errors))];
}

/// <summary>What a policy says of one rule.</summary>
/// <param name="RuleId">The rule, as written.</param>
/// <param name="Field">Where it is written.</param>
/// <param name="Enforcement">As written; undefined where absent.</param>
/// <param name="Parameters">As written; undefined where absent.</param>
public sealed record RuleSetting(string RuleId, FieldPath Field, JsonElement Enforcement, JsonElement Parameters)
{
    internal static RuleSetting Read(string ruleId, JsonElement value, FieldPath at, List<PolicyError> errors)
    {
        var setting = new Members(value, at, errors, "enforcement", "parameters");
        return new(ruleId, at, setting["enforcement"], setting["parameters"]);
    }
}
