using AdmissionWebhook.Policy.Rules;
using AdmissionWebhook.Policy.Values;
using FluentValidation;

namespace AdmissionWebhook.Policy.Configuration;

/// <summary>Lets no exemption pass that nobody answers for, that never ends, or that covers more than its author can have meant.</summary>
public sealed class ExemptionDocumentValidator : DocumentValidator<ExemptionDocument>
{
    internal const string NothingSelected = "say which objects are exempt: names, or a selector with at least one requirement; names: [\"*\"] is all of the namespace";

    /// <summary>The checks.</summary>
    public ExemptionDocumentValidator()
        : base(ExemptionDocument.SupportedKind, "an exemption needs a name")
    {
        Require(document => document.Namespace, FieldPath.Metadata / "namespace", "an exemption needs a namespace, and holds in that one alone");
        Require(document => document.Reason, FieldPath.Spec / "reason", "an exemption needs a reason: why the rules cannot be kept to");
        Require(document => document.Owner, FieldPath.Spec / "owner", "an exemption needs an owner: who is asked before it runs out");
        Require(document => document.ExpiresAt, FieldPath.Spec / "expiresAt", "an exemption needs an end, like 2027-01-31T18:00:00Z");
        Require(document => document.Rules, FieldPath.Spec / "rules", "name at least one rule");
        RuleFor(document => document.Rules).Custom((rules, context) => AddFailures(context, UnknownRules(rules)));
        RuleFor(document => document.Selector)
            .Must((document, selector) => !selector.SelectsEverything || !document.Names.IsEmpty)
            .WithMessage(NothingSelected)
            .WithState(_ => FieldPath.Spec);
    }

    private static IEnumerable<PolicyError> UnknownRules(ImmutableArray<string> ids)
    {
        var known = RuleCatalog.All.Select(rule => rule.Id).ToList();
        for (var i = 0; i < ids.Length; i++)
        {
            if (ids[i].Contains('*', StringComparison.Ordinal))
                yield return new(FieldPath.Spec / "rules" / i, $"\"{ids[i]}\" is a pattern; name each rule by itself");
            else if (ids[i].Length > 0 && RuleCatalog.Find(ids[i]) is null)
                yield return PolicyError.NoSuchName(FieldPath.Spec / "rules" / i, "rule", ids[i], known);
        }
    }
}
