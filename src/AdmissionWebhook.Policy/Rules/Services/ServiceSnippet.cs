using AdmissionWebhook.Policy.Configuration;
using AdmissionWebhook.Policy.Evaluation;
using AdmissionWebhook.Policy.Kinds;
using AdmissionWebhook.Policy.Rules.Ingresses.Annotations;

namespace AdmissionWebhook.Policy.Rules.Services;

/// <summary>Like ingress-nginx-snippet. An Ingress of any class can use a Service, so the annotations of every controller that reads Services count.</summary>
public sealed class ServiceSnippet() : ValidationRule<Service>(
    "service-snippet",
    "No annotation of a Service adds text to the configuration of an Ingress controller.",
    "Both HAProxy controllers read annotations of Services. A user who can write a snippet can read the Secrets of the controller and answer for every host.")
{
    private static readonly Parameter<ImmutableArray<string>> Allowed =
        Parameter.TextList("allowed", "Snippets that are allowed, by name without the prefix: `backend-config-snippet`.");

    /// <inheritdoc/>
    public override ImmutableArray<Parameter> Parameters => [Allowed];

    /// <inheritdoc/>
    protected override IEnumerable<Violation> Check(Service service, RuleContext context)
    {
        if (service.Metadata.Annotations.IsEmpty)
            yield break;

        foreach (var (key, value) in service.Metadata.Annotations.Entries)
        {
            var found = SnippetIn(ReadAnnotation.Of(key, value, NginxAnnotation.DefaultPrefix)) ?? SnippetIn(ReadAnnotation.OfAnyPrefix(key, value));
            if (found is not { } snippet || context.Parameters.Get(Allowed).Contains(snippet.Name))
                continue;

            yield return new(
                snippet.At,
                $"is not allowed, because it adds text to the configuration of {snippet.Reader}, which also serves other namespaces",
                "Use an annotation for the one setting that you need")
            { Value = value };
        }
    }

    private static ReadAnnotation? SnippetIn(ReadAnnotation? annotation) =>
        annotation is { Reader.ReadsServices: true, AddsConfiguration: true } ? annotation : null;
}
