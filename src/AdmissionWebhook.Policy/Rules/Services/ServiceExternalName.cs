using AdmissionWebhook.Policy.Configuration;
using AdmissionWebhook.Policy.Evaluation;
using AdmissionWebhook.Policy.Kinds;
using AdmissionWebhook.Policy.Values;

namespace AdmissionWebhook.Policy.Rules.Services;

/// <summary>Judges what the name says; where DNS leads it later, no admission can know.</summary>
public sealed class ServiceExternalName() : ValidationRule<Service>(
    "service-external-name",
    "An ExternalName Service stands for a name outside the cluster.",
    "Behind an Ingress such a Service makes the controller fetch the name: its own loopback, the cloud's metadata with its credentials, another namespace's Services.")
{
    private static readonly Parameter<ImmutableArray<string>> Allowed =
        Parameter.TextList("allowed", "Names that may be used all the same, each with the names below it.");

    private static readonly Parameter<string> ClusterDomain =
        Parameter.Text("clusterDomain", "cluster.local", "The cluster's DNS domain.");

    /// <inheritdoc/>
    public override ImmutableArray<Parameter> Parameters => [Allowed, ClusterDomain];

    /// <inheritdoc/>
    public override ImmutableArray<ResourceKind> Reads => [ResourceKind.Namespace, ResourceKind.Service];

    /// <inheritdoc/>
    protected override IEnumerable<Violation> Check(Service service, RuleContext context)
    {
        var name = Host.Parse(service.ExternalName);
        if (!service.IsExternalName || context.Parameters.Get(Allowed).Any(allowed => name.IsWithin(Host.Parse(allowed).Name)))
            yield break;

        var danger = name.IsAny ? "names nothing"
            : InternalNames.FaultOf(name) is { } fault ? $"\"{service.ExternalName}\" {fault}"
            : InternalNames.IsInCluster(name, context.Parameters.Get(ClusterDomain)) ? $"\"{service.ExternalName}\" is a name inside the cluster"
            : null;

        ImmutableArray<ObjectReference> restsOn = [];

        // A name of two labels may be a Service and its namespace, by the DNS search list.
        if (danger is null && name.Name.Split('.') is [_, var space])
        {
            var found = context.Cluster.Find<Namespace>(null, space);
            if (found.IsUnknown)
                yield return Violation.Unchecked(FieldPath.Spec / "externalName", found.Reference);
            danger = found.Found is null ? null : $"\"{service.ExternalName}\" is a name inside the cluster, since there is a namespace {space}";
            restsOn = [found.Reference];
        }

        // One of three may be a pod of a headless Service, which has a name of its own there.
        if (danger is null && name.Name.Split('.') is [_, var headless, var home] && context.Cluster.Find<Service>(home, headless) is { Found.IsHeadless: true } governing)
            (danger, restsOn) = ($"\"{service.ExternalName}\" is a name inside the cluster, since there is {governing.Reference}", [governing.Reference]);

        if (danger is not null)
            yield return new(FieldPath.Spec / "externalName", danger, "Use a DNS name outside the cluster") { RestsOn = restsOn };
    }
}
