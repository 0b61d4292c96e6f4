using FluentValidation;

namespace AdmissionWebhook.Policy.Configuration;

/// <summary>Holds the rules that a policy sets to the catalogue.</summary>
public sealed class PolicyDocumentValidator : DocumentValidator<PolicyDocument>
{
    /// <summary>The checks.</summary>
    public PolicyDocumentValidator()
        : base(PolicyDocument.SupportedKind, "a policy needs a name") =>
        RuleForEach(document => document.Rules).Custom((setting, context) =>
        {
            var errors = new List<PolicyError>();
            ActiveRule.Resolve(setting, errors);
            AddFailures(context, errors);
        });
}
