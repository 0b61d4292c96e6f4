using AdmissionWebhook.Policy.Configuration;
using AdmissionWebhook.Policy.Evaluation;
using AdmissionWebhook.Policy.Kinds;
using AdmissionWebhook.Policy.Rules.Ingresses.Annotations;

namespace AdmissionWebhook.Policy.Rules.Services;

/// <summary>As ingress-nginx-snippet. An Ingress of any class can lead to a Service, so whoever reads annotations of Services counts.</summary>
public sealed class ServiceSnippet() : ValidationRule<Service>(
    "service-snippet",
    "No annotation of a Service writes into the configuration of an Ingress controller.",
    "Both controllers of HAProxy read annotations of Services. Who may write a snippet can read the controller's Secrets, and answer for every host.")
{
    private static readonly Parameter<ImmutableArray<string>> Allowed =
        Parameter.TextList("allowed", "Snippets that may be used, by their names behind the prefix: `backend-config-snippet`.");

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
                $"writes into the configuration of {snippet.Reader}, which serves other namespaces too",
                "Use an annotation that does the one thing that is needed")
            { Value = value };
        }
    }

    private static ReadAnnotation? SnippetIn(ReadAnnotation? annotation) =>
        annotation is { Reader.ReadsServices: true, AddsConfiguration: true } ? annotation : null;
}
