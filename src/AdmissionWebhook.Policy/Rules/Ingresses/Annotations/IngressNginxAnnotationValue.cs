using AdmissionWebhook.Policy.Configuration;
using AdmissionWebhook.Policy.Controllers;
using AdmissionWebhook.Policy.Evaluation;
using AdmissionWebhook.Policy.Kinds;

namespace AdmissionWebhook.Policy.Rules.Ingresses.Annotations;

/// <summary>Reads values as ingress-nginx reads them: a value that it tolerates is no violation, and an empty value counts as absent.</summary>
public sealed class IngressNginxAnnotationValue() : NginxAnnotationRule(
    "ingress-nginx-annotation-value",
    "Every annotation of ingress-nginx has a valid value.",
    "ingress-nginx silently replaces most invalid values by a default: a mistyped origin becomes every origin, and HTTPSS becomes plain HTTP. Other invalid values disable the whole authentication, or cause a 503."
    + " A value or variable that nginx does not know stops every further change of its configuration, for all namespaces.")
{
    private static readonly Parameter<ImmutableArray<string>> Variables =
        Parameter.TextList("variables", "Variables that the ConfigMap of ingress-nginx defines, such as in `http-snippet`, without the dollar sign.");

    /// <inheritdoc/>
    public override ImmutableArray<Parameter> Parameters => [Prefix, Variables, NginxProxySettings.BufferSize, NginxProxySettings.BuffersNumber];

    /// <inheritdoc/>
    public override ImmutableArray<ResourceKind> Reads => [ResourceKind.Ingress, ResourceKind.IngressClass];

    /// <inheritdoc/>
    protected override IEnumerable<Violation> Check(Ingress ingress, IReadOnlyList<NginxAnnotation> annotations, RuleContext context)
    {
        var variables = new NginxVariables(ingress, context.Parameters.Get(Variables), context);
        foreach (var annotation in annotations)
        {
            if (annotation is not { Known: { } known, Value.Length: > 0 })
                continue;

            var isUsed = IngressAnnotationOrphan.MissingFor(ingress, known, context.Parameters.Get(Prefix)) is null;
            if (!known.Value.Accepts(annotation.Value))
                yield return Invalid(annotation, known.Value, isUsed ? Consequence(known) : " for ingress-nginx");
            else if (isUsed && known.Written?.Accepts(annotation.Value) is false)
                yield return Invalid(annotation, known.Written, $"; ingress-nginx silently {known.Instead ?? "keeps its global setting"}");
            else if (isUsed && known.Loads?.Accepts(annotation.Value) is false)
                yield return Invalid(annotation, known.Loads, $"; {RegexLocations.Consequence}");
            else if (isUsed && known.Variables != UnknownVariable.Kept && variables.FaultOf(annotation) is { } fault)
                yield return fault;
        }

        foreach (var violation in NginxProxySettings.Contradictions(annotations, context))
            yield return violation;
    }

    private static Violation Invalid(NginxAnnotation annotation, AnnotationValue valid, string consequence) =>
        new(annotation.At, $"\"{annotation.Shown}\" is not a valid value{consequence}", $"Use {valid.Description}") { Value = annotation.Value };

    private static string Consequence(Annotation known) => known.Invalid switch
    {
        InvalidValue.Replaced => $"; ingress-nginx silently {known.Instead}",
        InvalidValue.Rejected => "; ingress-nginx rejects the Ingress or ignores all of it",
        InvalidValue.Unavailable => "; ingress-nginx answers 503 to every request",
        InvalidValue.Dropped => "; ingress-nginx silently disables external authentication and lets everybody in",
        _ => " for ingress-nginx",
    };
}
