using System.Text.Json.Nodes;
using AdmissionWebhook.Policy.Configuration;
using AdmissionWebhook.Policy.Controllers;
using AdmissionWebhook.Policy.Evaluation;
using AdmissionWebhook.Policy.Kinds;
using AdmissionWebhook.Policy.Routing;
using AdmissionWebhook.Policy.Values;

namespace AdmissionWebhook.Policy.Rules.Ingresses;

/// <summary>
/// An existing Ingress that never had a class is not changed: this may be on purpose, and a change of labels must not put it
/// into service. An Ingress that loses its class in an update gets the default. One with annotations of another controller does not: it was written for that one.
/// </summary>
public sealed class IngressDefaultClass() : MutationRule<Ingress>(
    "ingress-default-class",
    "An Ingress that names no class gets the class that the policy chooses.",
    "No controller serves an Ingress without a class, unless the cluster has a default class, which is the same for all namespaces.")
{
    private static readonly Parameter<string> ClassName =
        Parameter.RequiredText("className", "The class for every namespace.");

    private static readonly Parameter<ByNamespace<string>> Namespaces =
        Parameter.TextByNamespace("namespaces", "Other classes for namespaces, by name pattern. The longest pattern that matches wins.");

    /// <inheritdoc/>
    public override ImmutableArray<Parameter> Parameters => [ClassName, Namespaces];

    /// <inheritdoc/>
    public override ImmutableArray<ResourceKind> Reads => [ResourceKind.IngressClass];

    /// <inheritdoc/>
    protected override IEnumerable<PatchOperation> Fill(Ingress ingress, RuleContext context)
    {
        var hadNoClass = context.Subject.OldObject is Ingress old && !old.NamesClass;
        if (ingress.HasSpec && !ingress.NamesClass && !hadNoClass)
        {
            var className = context.Parameters.Get(Namespaces).For(ingress.Metadata.Namespace).FirstOrDefault() ?? context.Parameters.Get(ClassName);
            if (!IsForAnother(ingress, context.Cluster.ControllerOfClass(className)))
                yield return new(FieldPath.Spec / "ingressClassName", JsonValue.Create(className));
        }
    }

    private static bool IsForAnother(Ingress ingress, IngressController? controller)
    {
        if (controller is null || ingress.Metadata.Annotations.IsEmpty)
            return false;

        var owners = ingress.Metadata.Annotations.Select(entry => IngressController.OwnerOf(entry.Key)).OfType<IngressController>().ToHashSet();
        return owners.Count > 0 && !owners.Contains(controller);
    }
}
