using AdmissionWebhook.Policy.Configuration;
using AdmissionWebhook.Policy.Evaluation;
using AdmissionWebhook.Policy.Kinds;
using AdmissionWebhook.Policy.Values;

namespace AdmissionWebhook.Policy.Rules.Services;

/// <summary>Validates only the name itself. Admission cannot know where DNS will lead it later.</summary>
public sealed class ServiceExternalName() : ValidationRule<Service>(
    "service-external-name",
    "An ExternalName Service points to a name outside the cluster.",
    "An Ingress controller fetches the name from inside the cluster. The name can lead to its loopback, to cloud metadata with credentials, or to Services of other namespaces.")
{
    private static readonly Parameter<ImmutableArray<string>> Allowed =
        Parameter.TextList("allowed", "Names that are allowed anyway, each with its subdomains.");

    private static readonly Parameter<string> ClusterDomain =
        Parameter.Text("clusterDomain", "cluster.local", "The DNS domain of the cluster.");

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

        var danger = name.IsAny ? $"\"{service.ExternalName}\" is not a DNS name"
            : InternalNames.FaultOf(name) is { } fault ? $"\"{service.ExternalName}\" {fault}"
            : InternalNames.IsInCluster(name, context.Parameters.Get(ClusterDomain)) ? $"\"{service.ExternalName}\" is a name inside the cluster"
            : null;

        ImmutableArray<ObjectReference> restsOn = [];

        // With the DNS search list, a name of two labels may be a Service and its namespace.
        if (danger is null && name.Name.Split('.') is [_, var @namespace])
        {
            var found = context.Cluster.Find<Namespace>(null, @namespace);
            if (found.IsUnknown)
                yield return Violation.Unchecked(FieldPath.Spec / "externalName", found.Reference);
            danger = found.Found is null ? null : $"\"{service.ExternalName}\" is a name inside the cluster, because namespace \"{@namespace}\" exists";
            restsOn = [found.Reference];
        }

        // A name of three labels may be the name of a pod of a headless Service.
        if (danger is null && name.Name.Split('.') is [_, var headless, var home] && context.Cluster.Find<Service>(home, headless) is { Found.IsHeadless: true } governing)
            (danger, restsOn) = ($"\"{service.ExternalName}\" is a name inside the cluster, because {governing.Reference} exists", [governing.Reference]);

        if (danger is not null)
            yield return new(FieldPath.Spec / "externalName", danger, "Use a DNS name outside the cluster") { RestsOn = restsOn };
    }
}
