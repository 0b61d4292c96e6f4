using System.Text.Json;
using AdmissionWebhook.Policy.Evaluation;
using AdmissionWebhook.Policy.Rules;

namespace AdmissionWebhook.Policy.Configuration;

/// <summary>A rule with the settings of a policy.</summary>
/// <param name="Rule">The rule.</param>
/// <param name="Enforcement">What happens with its findings.</param>
/// <param name="Parameters">Its parameters in the policy.</param>
public sealed record ActiveRule(Rule Rule, Enforcement Enforcement, ParameterValues Parameters)
{
    /// <summary>Whether existing violations do not deny an update; ignored for a mutation.</summary>
    public Ratchet Ratchet { get; init; } = Ratchet.Default;

    /// <summary>The users that this rule does not validate.</summary>
    public IdentityScope Exempt { get; init; } = IdentityScope.Nobody;

    /// <summary>Looks up the rule of a setting in the catalogue and reads its values. Adds every error to <paramref name="errors"/>.</summary>
    /// <returns>Null if the rule does not exist.</returns>
    internal static ActiveRule? Resolve(RuleSetting setting, ICollection<PolicyError> errors)
    {
        if (RuleCatalog.Find(setting.RuleId) is not { } rule)
        {
            errors.Add(PolicyError.NoSuchName(setting.Field, "rule", setting.RuleId, [.. RuleCatalog.All.Select(known => known.Id)]));
            return null;
        }

        if (rule is MutationRule && setting.Ratchet is not null)
            errors.Add(new(setting.Field / "ratchet", $"is not supported by {rule.Id}, which sets a default and reports no violations; remove it"));

        var enforcement = ReadEnforcement(rule, setting, errors);
        return new(rule, enforcement, ReadParameters(rule, setting, enforcement, errors))
        {
            Ratchet = setting.Ratchet ?? Ratchet.Default,
            Exempt = setting.Exempt,
        };
    }

    private static Enforcement ReadEnforcement(Rule rule, RuleSetting setting, ICollection<PolicyError> errors)
    {
        if (Members.IsAbsent(setting.Enforcement))
            return rule.ByDefault;

        var written = setting.Enforcement.ValueKind == JsonValueKind.String ? setting.Enforcement.GetString() : null;
        foreach (var enforcement in rule.Enforcements)
        {
            if (enforcement.ToString() == written)
                return enforcement;
        }

        // YAML reads a bare Off as false; the author means the enforcement.
        if (setting.Enforcement.ValueKind == JsonValueKind.False)
            return Enforcement.Off;

        errors.Add(PolicyError.NoSuchValue(setting.Field / "enforcement", setting.Enforcement, [.. rule.Enforcements.Select(known => known.ToString())]));
        return Enforcement.Off;
    }

    private static ParameterValues ReadParameters(Rule rule, RuleSetting setting, Enforcement enforcement, ICollection<PolicyError> errors)
    {
        var at = setting.Field / "parameters";
        var values = ImmutableArray.CreateBuilder<KeyValuePair<Parameter, object?>>();
        foreach (var member in new Members(setting.Parameters, at, errors).All)
        {
            if (rule.Parameters.FirstOrDefault(parameter => parameter.Name == member.Name) is { } known)
                values.Add(new(known, known.Read(member.Value, at / member.Name, errors)));
            else
                errors.Add(PolicyError.NoSuchName(at / member.Name, $"{rule.Id} parameter", member.Name, [.. rule.Parameters.Select(parameter => parameter.Name)]));
        }

        foreach (var missing in rule.Parameters.Where(parameter => parameter.IsRequired && enforcement != Enforcement.Off && values.All(value => value.Key != parameter)))
            errors.Add(new(at / missing.Name, $"is required by {rule.Id}: {missing.Summary.TrimEnd('.')}"));

        return new(values.ToImmutable());
    }
}
