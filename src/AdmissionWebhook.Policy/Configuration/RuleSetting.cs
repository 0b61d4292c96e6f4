using System.Text.Json;
using System.Text.Json.Nodes;
using AdmissionWebhook.Policy.Configuration.Schemas;
using AdmissionWebhook.Policy.Evaluation;
using AdmissionWebhook.Policy.Values;

namespace AdmissionWebhook.Policy.Configuration;

/// <summary>What a policy says of one rule.</summary>
/// <param name="RuleId">The rule, as written.</param>
/// <param name="Field">Where it is written.</param>
/// <param name="Enforcement">As written; undefined where absent.</param>
/// <param name="Parameters">As written; undefined where absent.</param>
/// <param name="Ratchet">Null where absent.</param>
/// <param name="Exempt">Whom this rule alone does not judge.</param>
public sealed record RuleSetting(string RuleId, FieldPath Field, JsonElement Enforcement, JsonElement Parameters, Ratchet? Ratchet, IdentityScope Exempt)
{
    internal static RuleSetting Read(string ruleId, JsonElement value, FieldPath at, ICollection<PolicyError> errors)
    {
        // The API server drops what is null, and the rule would be off.
        if (Members.IsAbsent(value))
            errors.Add(new(at, "says nothing; write {} for the rule with its defaults"));

        var setting = new Members(value, at, errors, "enforcement", "parameters", "ratchet", "exempt");
        return new(
            ruleId,
            at,
            setting["enforcement"],
            setting["parameters"],
            setting.Read<Ratchet?>("ratchet", Configuration.Ratchet.Read, null),
            setting.Read("exempt", IdentityScope.Read, IdentityScope.Nobody));
    }

    internal static JsonObject SchemaOf(Rule rule)
    {
        var properties = new List<(string, JsonObject)>
        {
            ("enforcement", OpenApi.Choice(rule.Enforcements.Select(enforcement => enforcement.ToString()))
                .As($"Default: {rule.ByDefault}. YAML reads a bare Off as false: write \"Off\" in quotes.")),
        };
        if (!rule.Parameters.IsEmpty)
            properties.Add(("parameters", OpenApi.Map(rule.Parameters.Select(parameter => (parameter.Name, parameter.Schema))).As("What the rule can be told.")));
        if (rule is ValidationRule)
            properties.Add(("ratchet", Configuration.Ratchet.Schema.As("Whether a change of an object is refused only for what it makes worse.")));
        properties.Add(("exempt", IdentityScope.Schema.As("Whom this rule alone does not judge.")));

        var setting = OpenApi.Map(properties).As($"{rule.Summary} {rule.Why}");
        foreach (var parameter in rule.Parameters.Where(parameter => parameter.IsRequired))
            setting.Where($"{IsOff(rule)} || (has(self.parameters) && has(self.parameters.{parameter.Name}))", $"parameters.{parameter.Name} is missing: {parameter.Summary}");
        return setting;
    }

    private static string IsOff(Rule rule) =>
        rule.ByDefault == Evaluation.Enforcement.Off ? "!has(self.enforcement) || self.enforcement == 'Off'" : "(has(self.enforcement) && self.enforcement == 'Off')";
}
