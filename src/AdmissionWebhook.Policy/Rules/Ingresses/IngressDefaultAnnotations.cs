using System.Text.Json.Nodes;
using AdmissionWebhook.Policy.Configuration;
using AdmissionWebhook.Policy.Controllers;
using AdmissionWebhook.Policy.Evaluation;
using AdmissionWebhook.Policy.Kinds;
using AdmissionWebhook.Policy.Routing;
using AdmissionWebhook.Policy.Values;

namespace AdmissionWebhook.Policy.Rules.Ingresses;

/// <summary>An existing Ingress keeps its behavior: the rule restores only an annotation that an update removes.</summary>
public sealed class IngressDefaultAnnotations() : MutationRule<Ingress>(
    "ingress-default-annotations",
    "An Ingress of a controller has all annotations that the policy sets, with its own values or those of the policy.",
    "An organisation wants some annotations on every Ingress, such as a limit for the size of uploads. Authors forget them.",
    Enforcement.Suggest)
{
    private static readonly Parameter<IngressController?> Controller = Parameter.RequiredController("controller", "The controller that reads the annotations. Ingresses of other controllers are not changed.");

    private static readonly Parameter<ImmutableArray<KeyValuePair<string, string>>> Annotations = Parameter.RequiredTextMap("annotations", "The annotations and their values.");

    /// <inheritdoc/>
    public override ImmutableArray<Parameter> Parameters => [Controller, Annotations];

    /// <inheritdoc/>
    public override ImmutableArray<ResourceKind> Reads => [ResourceKind.IngressClass];

    /// <inheritdoc/>
    protected override IEnumerable<PatchOperation> Fill(Ingress ingress, RuleContext context)
    {
        if (context.Cluster.ControllerOf(ingress) != context.Parameters.Get(Controller))
            yield break;

        foreach (var (name, value) in context.Parameters.Get(Annotations))
        {
            var wasAbsent = context.Subject.OldObject is { } old && old.Metadata.Annotations[name] is null;
            if (ingress.Metadata.Annotations[name] is null && !wasAbsent)
                yield return new(FieldPath.Metadata / "annotations" / name, JsonValue.Create(value));
        }
    }
}
