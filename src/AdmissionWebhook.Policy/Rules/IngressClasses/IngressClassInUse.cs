using AdmissionWebhook.Policy.Evaluation;
using AdmissionWebhook.Policy.Kinds;
using AdmissionWebhook.Policy.State;
using AdmissionWebhook.Policy.Values;

namespace AdmissionWebhook.Policy.Rules.IngressClasses;

/// <summary>A change of its controller the API server refuses by itself. The garbage collector goes by what somebody else has deleted already.</summary>
public sealed class IngressClassInUse() : ValidationRule<IngressClass>(
    "ingress-class-in-use",
    "No IngressClass is deleted that an Ingress uses, by the field, by the annotation or as the default.",
    "Its Ingresses stay as they are, and their controller stops serving them: every host of the class is down at once.",
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
            yield return new(FieldPath.Metadata / "name", $"{users.Names} of this class", "Move them to another class or delete them first") { RestsOn = users.Named };

        if (ingressClass.IsDefault
            && context.Cluster.DefaultClasses.All(other => other.Metadata.Name == ingressClass.Metadata.Name)
            && Name(context.Cluster.RoutesWithoutParent(ResourceKind.Ingress)) is { } classless)
            yield return new(FieldPath.Metadata / "annotations" / IngressClass.DefaultAnnotation, $"{classless.Names} no class and so of this one, the default", "Make another class the default first") { RestsOn = classless.Named };
    }

    /// <summary>Some of them by name, always the same ones, so that they can be read live before anything is refused.</summary>
    private static (string Names, ImmutableArray<ObjectReference> Named)? Name(Entries<Route> users)
    {
        if (users.IsEmpty)
            return null;

        ImmutableArray<ObjectReference> named = [.. users.Select(user => user.Reference).OrderBy(user => (user.Namespace, user.Name)).Take(MostNamed)];
        return ($"{string.Join(", ", named)}{(users.Count > named.Length ? $" and {users.Count - named.Length} more" : "")} {(users.Count == 1 ? "is" : "are")}", named);
    }
}
