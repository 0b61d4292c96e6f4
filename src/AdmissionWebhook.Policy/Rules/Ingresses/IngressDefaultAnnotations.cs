using System.Text.Json.Nodes;
using AdmissionWebhook.Policy.Configuration;
using AdmissionWebhook.Policy.Controllers;
using AdmissionWebhook.Policy.Evaluation;
using AdmissionWebhook.Policy.Kinds;
using AdmissionWebhook.Policy.Routing;
using AdmissionWebhook.Policy.Values;

namespace AdmissionWebhook.Policy.Rules.Ingresses;

/// <summary>An existing Ingress keeps what it does: only an annotation that it loses in an update comes back.</summary>
public sealed class IngressDefaultAnnotations() : MutationRule<Ingress>(
    "ingress-default-annotations",
    "An Ingress of a controller has the annotations that the policy wants on all of them, with its own values or the policy's.",
    "What an organisation wants for every application, a limit for the size of uploads for one, is forgotten where everybody has to write it.",
    Enforcement.Suggest)
{
    private static readonly Parameter<IngressController?> Controller = Parameter.RequiredController("controller", "The controller that reads the annotations; Ingresses of others are left alone.");

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
