using System.Linq.Expressions;
using AdmissionWebhook.Policy.Values;
using FluentValidation;
using FluentValidation.Results;

namespace AdmissionWebhook.Policy.Configuration;

/// <summary>Finds all errors of a document at once, each with its place.</summary>
public abstract class DocumentValidator<T> : AbstractValidator<T> where T : Document
{
    private protected DocumentValidator(string kind, string nameless)
    {
        RuleFor(document => document.ApiVersion)
            .Equal(Document.SupportedApiVersion)
            .WithMessage(document => $"must be {Document.SupportedApiVersion}, found {Found(document.ApiVersion)}")
            .WithState(_ => FieldPath.Root / "apiVersion");
        RuleFor(document => document.Kind)
            .Equal(kind)
            .WithMessage(document => $"must be {PolicyDocument.SupportedKind} or {ExemptionDocument.SupportedKind}, found {Found(document.Kind)}")
            .WithState(_ => FieldPath.Root / "kind");
        Require(document => document.Name, FieldPath.Metadata / "name", nameless);
        RuleFor(document => document.Unreadable).Custom((errors, context) => AddFailures(context, errors));
    }

    /// <summary>The errors in <paramref name="document"/>; none if it can take effect.</summary>
    public IReadOnlyList<PolicyError> Check(T document) =>
        [.. Validate(document).Errors.Select(failure => new PolicyError((FieldPath)failure.CustomState, failure.ErrorMessage))];

    private static string Found(string? written) => written is null ? "none" : $"\"{written}\"";

    private protected static void AddFailures(ValidationContext<T> context, IEnumerable<PolicyError> errors)
    {
        foreach (var error in errors)
            context.AddFailure(new ValidationFailure(error.Field.ToString(), error.Message) { CustomState = error.Field });
    }

    /// <summary>Requires a value that is neither absent nor blank. A value with the wrong type is already an error.</summary>
    private protected void Require<TValue>(Expression<Func<T, TValue>> value, FieldPath field, string absent) =>
        RuleFor(value)
            .NotEmpty()
            .WithMessage(absent)
            .WithState(_ => field)
            .When(document => !document.Unreadable.Any(error => error.Field.Equals(field)));
}
