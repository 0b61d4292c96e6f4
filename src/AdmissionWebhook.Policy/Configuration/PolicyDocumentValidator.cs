using FluentValidation;

namespace AdmissionWebhook.Policy.Configuration;

/// <summary>Checks the rules of a policy against the catalogue.</summary>
public sealed class PolicyDocumentValidator : DocumentValidator<PolicyDocument>
{
    /// <summary>The checks.</summary>
    public PolicyDocumentValidator()
        : base(PolicyDocument.SupportedKind, "is required") =>
        RuleForEach(document => document.Rules).Custom((setting, context) =>
        {
            var errors = new List<PolicyError>();
            ActiveRule.Resolve(setting, errors);
            AddFailures(context, errors);
        });
}
