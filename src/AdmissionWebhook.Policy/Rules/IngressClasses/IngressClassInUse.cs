using AdmissionWebhook.Policy.Evaluation;
using AdmissionWebhook.Policy.Kinds;
using AdmissionWebhook.Policy.State;
using AdmissionWebhook.Policy.Values;

namespace AdmissionWebhook.Policy.Rules.IngressClasses;

/// <summary>The API server itself rejects a change of the controller. The garbage collector only follows a deletion that already happened.</summary>
public sealed class IngressClassInUse() : ValidationRule<IngressClass>(
    "ingress-class-in-use",
    "No IngressClass is deleted while an Ingress uses it, by the field, by the annotation or as the default.",
    "Its Ingresses stay, but their controller stops serving them. Every host of the class is down at once.",
    Enforcement.Warn)
{
    private const int MostNamed = 3;

    /// <inheritdoc/>
    public override Operation Operations => Operation.Delete;

    /// <inheritdoc/>
    public override bool JudgesStored => false;

    /// <inheritdoc/>
    public override ImmutableArray<ResourceKind> Reads => [ResourceKind.Ingress, ResourceKind.IngressClass];

    /// <inheritdoc/>
    protected override IEnumerable<Violation> Check(IngressClass ingressClass, RuleContext context)
    {
        if (context.Subject.User.IsCleaner)
            yield break;
        if (!context.Cluster.Knows(ResourceKind.Ingress))
            yield return Violation.Unchecked(FieldPath.Metadata / "name", ResourceKind.Ingress);

        if (Name(context.Cluster.RoutesOf(ingressClass.Reference)) is { } users)
            yield return new(FieldPath.Metadata / "name", $"deleting the class would break {users.Names}", "Move them to another class or delete them first") { RestsOn = users.Named };

        if (ingressClass.IsDefault
            && context.Cluster.DefaultClasses.All(other => other.Metadata.Name == ingressClass.Metadata.Name)
            && Name(context.Cluster.RoutesWithoutParent(ResourceKind.Ingress)) is { } classless)
            yield return new(FieldPath.Metadata / "annotations" / IngressClass.DefaultAnnotation, $"deleting the default class would break Ingresses that name no class: {classless.Names}", "Make another class the default first") { RestsOn = classless.Named };
    }

    /// <summary>Names some of them, always the same ones, so that they can be read live before a denial.</summary>
    private static (string Names, ImmutableArray<ObjectReference> Named)? Name(Entries<Route> users)
    {
        if (users.IsEmpty)
            return null;

        ImmutableArray<ObjectReference> named = [.. users.Select(user => user.Reference).OrderBy(user => (user.Namespace, user.Name)).Take(MostNamed)];
        return ($"{string.Join(", ", named)}{(users.Count > named.Length ? $" and {users.Count - named.Length} more" : "")}", named);
    }
}
