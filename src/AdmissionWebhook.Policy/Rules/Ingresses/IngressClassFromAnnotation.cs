using System.Text.Json.Nodes;
using AdmissionWebhook.Policy.Configuration;
using AdmissionWebhook.Policy.Evaluation;
using AdmissionWebhook.Policy.Kinds;
using AdmissionWebhook.Policy.Values;

namespace AdmissionWebhook.Policy.Rules.Ingresses;

/// <summary>
/// Only a class that there is: some controllers, GKE's among them, serve the annotation alone, and nothing of that name exists. The annotation
/// stays, since what a client wrote is never removed; the API server takes both where they are equal.
/// </summary>
public sealed class IngressClassFromAnnotation() : MutationRule<Ingress>(
    "ingress-class-from-annotation",
    "An Ingress that names its class in the old annotation alone gets the same class in spec.ingressClassName.",
    "Controllers stop reading the annotation one by one, and an Ingress that only has it is then served by nobody.",
    Enforcement.Suggest)
{
    private static readonly Parameter<bool> OnCreation =
        Parameter.Flag("onCreation", true, "Whether a new Ingress gets the field too. API servers from before 1.36 may refuse a new Ingress that has both, even where they are equal.");

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
