using AdmissionWebhook.Policy.Resources;
using AdmissionWebhook.Policy.Rules;
using FluentValidation;
using FluentValidation.Results;

namespace AdmissionWebhook.Policy.Configuration;

/// <summary>Finds every mistake in a policy at once, each with its place.</summary>
public sealed class PolicyDocumentValidator : AbstractValidator<PolicyDocument>
{
    /// <summary>The checks.</summary>
    public PolicyDocumentValidator()
    {
        RuleFor(document => document.ApiVersion)
            .Equal(PolicyDocument.SupportedApiVersion)
            .WithMessage(document => $"expected {PolicyDocument.SupportedApiVersion}, found {document.ApiVersion ?? "none"}")
            .WithState(_ => FieldPath.Root / "apiVersion");
        RuleFor(document => document.Kind)
            .Equal(PolicyDocument.SupportedKind)
            .WithMessage(document => $"expected {PolicyDocument.SupportedKind}, found {document.Kind ?? "none"}")
            .WithState(_ => FieldPath.Root / "kind");
        RuleFor(document => document.Name)
            .NotEmpty()
            .WithMessage("a policy needs a name")
            .WithState(_ => FieldPath.Metadata / "name");
        RuleFor(document => document.Unreadable).Custom((errors, context) => AddFailures(context, errors));
        RuleForEach(document => document.Rules).Custom((setting, context) =>
        {
            var errors = new List<PolicyError>();
            ActiveRule.Resolve(setting, errors);
            AddFailures(context, errors);
        });
    }

    /// <summary>The mistakes in <paramref name="document"/>; none when it can be put into force.</summary>
    public static IReadOnlyList<PolicyError> Check(PolicyDocument document) =>
        [.. new PolicyDocumentValidator().Validate(document).Errors.Select(failure => new PolicyError((FieldPath)failure.CustomState, failure.ErrorMessage))];

    private static void AddFailures(ValidationContext<PolicyDocument> context, IEnumerable<PolicyError> errors)
    {
        foreach (var error in errors)
            context.AddFailure(new ValidationFailure(error.Field.ToString(), error.Message) { CustomState = error.Field });
    }
}
