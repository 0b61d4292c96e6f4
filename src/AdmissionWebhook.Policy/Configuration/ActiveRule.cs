using System.Text.Json;
using AdmissionWebhook.Policy.Evaluation;
using AdmissionWebhook.Policy.Rules;

namespace AdmissionWebhook.Policy.Configuration;

/// <summary>A rule as a policy wants it run.</summary>
/// <param name="Rule">The rule.</param>
/// <param name="Enforcement">What its findings lead to.</param>
/// <param name="Parameters">What the policy sets for it.</param>
public sealed record ActiveRule(Rule Rule, Enforcement Enforcement, ParameterValues Parameters)
{
    /// <summary>Whether old violations are let be; of no account for a mutation.</summary>
    public Ratchet Ratchet { get; init; } = Ratchet.Default;

    /// <summary>Whom this rule alone does not judge.</summary>
    public IdentityScope Exempt { get; init; } = IdentityScope.Nobody;

    /// <summary>Looks a setting's rule up in the catalogue and reads its values; adds every mistake to <paramref name="errors"/>.</summary>
    /// <returns>Null when there is no such rule.</returns>
    internal static ActiveRule? Resolve(RuleSetting setting, ICollection<PolicyError> errors)
    {
        if (RuleCatalog.Find(setting.RuleId) is not { } rule)
        {
            errors.Add(PolicyError.NoSuchName(setting.Field, "rule", setting.RuleId, [.. RuleCatalog.All.Select(known => known.Id)]));
            return null;
        }

        if (rule is MutationRule && setting.Ratchet is not null)
            errors.Add(new(setting.Field / "ratchet", $"{rule.Id} fills in a default and finds no violations; remove it"));

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

        // YAML reads a bare Off as false; who writes it means the enforcement.
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
                errors.Add(PolicyError.NoSuchName(at / member.Name, $"parameter of {rule.Id}", member.Name, [.. rule.Parameters.Select(parameter => parameter.Name)]));
        }

        foreach (var missing in rule.Parameters.Where(parameter => parameter.IsRequired && enforcement != Enforcement.Off && values.All(value => value.Key != parameter)))
            errors.Add(new(at / missing.Name, $"{rule.Id} needs it: {missing.Summary.TrimEnd('.')}"));

        return new(values.ToImmutable());
    }
}
