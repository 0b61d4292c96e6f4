using System.Text.Json;
using System.Text.Json.Nodes;
using AdmissionWebhook.Policy.Configuration.Schemas;
using AdmissionWebhook.Policy.Evaluation;
using AdmissionWebhook.Policy.Values;

namespace AdmissionWebhook.Policy.Configuration;

/// <summary>The settings of one rule in a policy.</summary>
/// <param name="RuleId">The rule, as written.</param>
/// <param name="Field">Its place.</param>
/// <param name="Enforcement">As written; undefined if absent.</param>
/// <param name="Parameters">As written; undefined if absent.</param>
/// <param name="Ratchet">Null if absent.</param>
/// <param name="Exempt">The users that this rule does not validate.</param>
public sealed record RuleSetting(string RuleId, FieldPath Field, JsonElement Enforcement, JsonElement Parameters, Ratchet? Ratchet, IdentityScope Exempt)
{
    internal static RuleSetting Read(string ruleId, JsonElement value, FieldPath at, ICollection<PolicyError> errors)
    {
        // The API server drops null values, so the rule would be off.
        if (Members.IsAbsent(value))
            errors.Add(new(at, "must not be empty; write {} for the default settings"));

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
                .As($"Default: {rule.ByDefault}. Write \"Off\" in quotes.")),
        };
        if (!rule.Parameters.IsEmpty)
            properties.Add(("parameters", OpenApi.Map(rule.Parameters.Select(parameter => (parameter.Name, parameter.Schema))).As("The parameters of the rule.")));
        if (rule is ValidationRule)
            properties.Add(("ratchet", Configuration.Ratchet.Schema.As("Whether an update is denied only for violations that it adds or worsens.")));
        properties.Add(("exempt", IdentityScope.BriefSchema.As("The users that this rule does not validate, as in spec.exempt.")));

        var setting = OpenApi.Map(properties).As($"{rule.Summary} {rule.Why}");
        foreach (var parameter in rule.Parameters.Where(parameter => parameter.IsRequired))
            setting.Where($"{IsOff(rule)} || (has(self.parameters) && has(self.parameters.{parameter.Name}))", $"parameters.{parameter.Name} is required: {parameter.Summary}");
        return setting;
    }

    private static string IsOff(Rule rule) =>
        rule.ByDefault == Evaluation.Enforcement.Off ? "!has(self.enforcement) || self.enforcement == 'Off'" : "(has(self.enforcement) && self.enforcement == 'Off')";
}
