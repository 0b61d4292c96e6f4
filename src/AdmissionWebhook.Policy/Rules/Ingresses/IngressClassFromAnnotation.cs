using System.Text.Json.Nodes;
using AdmissionWebhook.Policy.Configuration;
using AdmissionWebhook.Policy.Evaluation;
using AdmissionWebhook.Policy.Kinds;
using AdmissionWebhook.Policy.Values;

namespace AdmissionWebhook.Policy.Rules.Ingresses;

/// <summary>
/// Copies only the name of an existing IngressClass: some controllers, such as GKE's, serve the annotation without such an object. The annotation
/// stays, because the webhook never removes what a client wrote. The API server accepts both if they are equal.
/// </summary>
public sealed class IngressClassFromAnnotation() : MutationRule<Ingress>(
    "ingress-class-from-annotation",
    "An Ingress that names its class only in the deprecated annotation gets the same class in spec.ingressClassName.",
    "Controllers stop reading the annotation one by one. No controller then serves an Ingress that has only the annotation.",
    Enforcement.Suggest)
{
    private static readonly Parameter<bool> OnCreation =
        Parameter.Flag("onCreation", true, "Whether a new Ingress gets the field too. API servers before 1.36 may reject a new Ingress that has both, even if they are equal.");

    /// <inheritdoc/>
    public override ImmutableArray<Parameter> Parameters => [OnCreation];

    /// <inheritdoc/>
    public override ImmutableArray<ResourceKind> Reads => [ResourceKind.IngressClass];

    /// <inheritdoc/>
    protected override IEnumerable<PatchOperation> Fill(Ingress ingress, RuleContext context)
    {
        if (ingress is { HasSpec: true, HasClassField: false, AnnotatedClass: { } className }
            && context.Cluster.Find<IngressClass>(null, className).Found is not null
            && (context.Subject.Operation != Operation.Create || context.Parameters.Get(OnCreation)))
            yield return new(FieldPath.Spec / "ingressClassName", JsonValue.Create(className));
    }
}
