using System.Text.Json;
using AdmissionWebhook.Policy.Evaluation;
using AdmissionWebhook.Policy.Kinds;
using AdmissionWebhook.Policy.Reading;
using AdmissionWebhook.Policy.Values;

namespace AdmissionWebhook.Policy.Rules.Schema;

/// <summary>
/// Without the object as written it finds nothing, at no cost: the API server has validated what the webhook and audits see. Versions that are no
/// longer served
/// have other fields, so nothing else is reported of them.
/// </summary>
public sealed class SchemaValid() : ValidationRule<KubernetesObject>(
    "schema-valid",
    "An object has the fields, values and names that the API server accepts.",
    "The API server rejects the object: an unknown field, pathType: prefix, a port twice, a host in upper case. In a pipeline this comes minutes too late.")
{
    /// <inheritdoc/>
    public override bool IsForManifests => true;

    /// <inheritdoc/>
    public override bool JudgesStored => false;

    /// <summary>The rules that say more of the same field. Their denial stands alone.</summary>
    public static ImmutableArray<string> YieldsTo { get; } =
        ["field-type-valid", "service-target-port-valid", "service-external-name", "ingress-path-valid", "ingress-backend-port-exists", "ingress-class-annotation"];

    /// <inheritdoc/>
    protected override IEnumerable<Violation> Check(KubernetesObject subject, RuleContext context) =>
        context.Subject.Written.IsEmpty ? [] : Find(subject, context.Subject);

    private static IEnumerable<Violation> Find(KubernetesObject subject, Subject request)
    {
        using var json = JsonDocument.Parse(request.Written, ObjectReader.DocumentOptions);
        var root = new Field(json.RootElement, FieldPath.Root);
        if (VersionFault(root["apiVersion"], subject.Kind) is { } old)
            return [old with { CountsOnUpdate = true }];

        var violations = MetadataFacts.Check(root, subject).Concat(ObjectSchema.Check(root, subject.Kind.Name)).Concat(subject switch
        {
            Service => ServiceFacts.Check(root),
            Ingress => IngressFacts.Check(root, request.Operation),
            _ => IngressClassFacts.Check(root["spec"]),
        });
        return [.. violations.Select(violation => violation with { CountsOnUpdate = true })];
    }

    /// <summary>An item of a typed list names no version.</summary>
    private static Violation? VersionFault(Field version, ResourceKind kind) => version.IsAbsent || version.Text == kind.ApiVersion ? null
        : version.Text is "extensions/v1beta1" or "networking.k8s.io/v1beta1"
            ? new(version.At, $"\"{version.Text}\" is not served since Kubernetes 1.22", $"Write {kind.ApiVersion}{(kind == ResourceKind.Ingress ? ", with pathType and backend.service" : "")}")
            : new(version.At, $"kind {kind.Name} does not exist in apiVersion {version.Value.GetRawText()}", $"Write {kind.ApiVersion}");
}
