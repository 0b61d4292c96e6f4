using AdmissionWebhook.Policy.Rules;
using AdmissionWebhook.Policy.Values;
using FluentValidation;

namespace AdmissionWebhook.Policy.Configuration;

/// <summary>Rejects an exemption without an owner, without an end, or that covers more than its author intended.</summary>
public sealed class ExemptionDocumentValidator : DocumentValidator<ExemptionDocument>
{
    internal const string NothingSelected = "names, or a selector with at least one requirement, is required; names: [\"*\"] selects every object of the namespace";

    /// <summary>The checks.</summary>
    public ExemptionDocumentValidator()
        : base(ExemptionDocument.SupportedKind, "is required")
    {
        Require(document => document.Namespace, FieldPath.Metadata / "namespace", "is required; an exemption applies only in its own namespace");
        Require(document => document.Reason, FieldPath.Spec / "reason", "is required; say why the objects cannot follow the rules");
        Require(document => document.Owner, FieldPath.Spec / "owner", "is required; say whom to ask before the exemption expires");
        Require(document => document.ExpiresAt, FieldPath.Spec / "expiresAt", "is required, like 2027-01-31T18:00:00Z");
        Require(document => document.Rules, FieldPath.Spec / "rules", "must name at least one rule");
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
                yield return new(FieldPath.Spec / "rules" / i, $"\"{ids[i]}\" must not be a pattern; name each rule");
            else if (ids[i].Length > 0 && RuleCatalog.Find(ids[i]) is null)
                yield return PolicyError.NoSuchName(FieldPath.Spec / "rules" / i, "rule", ids[i], known);
        }
    }
}
