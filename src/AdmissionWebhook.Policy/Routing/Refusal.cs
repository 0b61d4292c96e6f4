using AdmissionWebhook.Policy.Controllers;
using AdmissionWebhook.Policy.Kinds;
using AdmissionWebhook.Policy.State;
using AdmissionWebhook.Policy.Values;

namespace AdmissionWebhook.Policy.Routing;

/// <summary>Why a controller serves nothing of an Ingress that the API server accepts. Source: the validation in the code of each controller.</summary>
/// <param name="Field">The place.</param>
/// <param name="Message">What is wrong.</param>
/// <param name="Remedy">What would work.</param>
internal sealed record Refusal(FieldPath Field, string Message, string Remedy)
{
    /// <summary>The other Ingress that it depends on; null where the Ingress alone shows it.</summary>
    public Ingress? Other { get; init; }

    /// <summary>Whether it is there only because no other object is.</summary>
    public bool DependsOnAbsence { get; init; }

    /// <summary>Everything that a controller refuses in an Ingress.</summary>
    public static IEnumerable<Refusal> Of(IngressController controller, Ingress ingress, ClusterState cluster) => controller switch
    {
        { Merging: { } merging } => OfMerging(controller, merging, ingress).Concat(OfOwners(controller, merging, ingress, cluster)),
        { Id: "openshift" } => OfOpenShift(ingress),
        _ => [],
    };

    private static IEnumerable<Refusal> OfMerging(IngressController controller, string merging, Ingress ingress)
    {
        var (at, part) = (FieldPath.Spec / "rules", ingress.Metadata.Annotations[merging]);
        if (part is not (null or "master" or "minion"))
            yield return new(HostAlias.FieldOf(merging), $"\"{part}\" is not supported", "Use master or minion");

        if (part == "minion" && !ingress.Tls.IsEmpty)
            yield return new(FieldPath.Spec / "tls", "a minion must not have TLS entries", "Move them into the master");
        if (ingress.Rules.IsEmpty)
            yield return new(at, $"{controller.Name} requires a rule with a host", "Add one");

        var hosts = new HashSet<Host>();
        foreach (var rule in ingress.Rules)
        {
            if (rule.Host.IsAny)
                yield return new(rule.At / "host", $"{controller.Name} requires a host", "Set the host");
            else if (!hosts.Add(rule.Host))
                yield return new(rule.At / "host", $"host \"{rule.Host}\" stands in two rules, which {controller.Name} refuses", "Move the paths into one rule");
        }

        if (part is "master" or "minion" && ingress.Rules.Length > 1)
            yield return new(at, $"a {part} must have one rule; this one has {ingress.Rules.Length}", "Split the Ingress");
        if (part == "master" && ingress.Rules is [{ Paths.IsEmpty: false } only])
            yield return new(only.At / "http" / "paths", "a master must have no paths", "Move them into a minion");
        if (part == "minion" && ingress.Rules is [{ Paths.IsEmpty: true } empty])
            yield return new(empty.At / "http" / "paths", "a minion must have a path", "Add one");
        foreach (var backend in ingress.Backends.Where(backend => backend.IsResource))
            yield return new(backend.Field / "resource", $"is not supported by {controller.Name}", "Use a Service");
    }

    /// <summary>A host belongs to one Ingress, or to one master. Other namespaces are left to rules about conflicts.</summary>
    private static IEnumerable<Refusal> OfOwners(IngressController controller, string merging, Ingress ingress, ClusterState cluster)
    {
        var isMinion = ingress.Metadata.Annotations[merging] == "minion";
        foreach (var rule in ingress.Rules.Where(rule => !rule.Host.IsAny).DistinctBy(rule => rule.Host))
        {
            var hasMaster = false;
            Ingress? owner = null;
            foreach (var other in cluster.IngressesClaiming(rule.Host))
            {
                if (other.Reference == ingress.Reference || !other.RuleHosts.Contains(rule.Host) || cluster.ShareRoutes(ingress, other) is not true)
                    continue;

                hasMaster |= other.Metadata.Annotations[merging] == "master";
                if (other.Metadata.Namespace == ingress.Metadata.Namespace && !Serving.AreParts(controller, ingress, other) && !Serving.AreMinions(controller, ingress, other) && IsBefore(other, ingress)
                    && (owner is null || IsBefore(other, owner)))
                    owner = other;
            }

            if (owner is not null)
                yield return new(rule.At / "host", $"host \"{rule.Host}\" belongs to {owner.Reference}; {controller.Name} serves a host from one Ingress", $"Move the paths there, or use {merging}") { Other = owner };
            if (isMinion && !hasMaster && cluster.Knows(ResourceKind.Ingress))
                yield return new(rule.At / "host", $"host \"{rule.Host}\" has no master Ingress, so this minion gets no requests", "Create the master first") { DependsOnAbsence = true };
        }
    }

    /// <summary>The ingress-to-route controller of OpenShift makes a Route for each path, and leaves out the others without an error.</summary>
    private static IEnumerable<Refusal> OfOpenShift(Ingress ingress)
    {
        if (ingress.Rules.IsEmpty)
            yield return new(FieldPath.Spec / "rules", "OpenShift makes no Route of a default backend", "Add a rule with a host");

        foreach (var rule in ingress.Rules)
        {
            if (rule.Host.IsAny)
                yield return new(rule.At / "host", "OpenShift makes no Route of a rule without a host", "Set the host");
            foreach (var path in rule.Paths.Where(path => path.PathType == "Exact"))
                yield return new(path.At / "pathType", "OpenShift makes no Route of a path with pathType Exact", "Use Prefix");
            foreach (var path in rule.Paths.Where(path => path.Backend is { IsResource: true }))
                yield return new(path.At / "backend", "OpenShift makes no Route of a path without a Service", "Use a Service");
        }

        var entries = new Dictionary<Host, IngressTls>();
        foreach (var tls in ingress.Tls)
        {
            foreach (var host in tls.Hosts)
                entries.TryAdd(host, tls);
        }

        foreach (var host in ingress.RuleHosts.Where(host => !host.IsAny))
        {
            if (entries.TryGetValue(host, out var tls) && tls.SecretName is null)
                yield return new(
                    FieldPath.Spec / "tls" / tls.Index,
                    $"OpenShift makes no Route of host \"{host}\", because its TLS entry names no Secret",
                    "Set secretName, or write tls: [{}] for the certificate of the router");
        }
    }

    /// <summary>Of two that are not stored yet, the one with the earlier name counts as the first: either may be.</summary>
    private static bool IsBefore(Ingress other, Ingress ingress) => string.CompareOrdinal(Age(other), Age(ingress)) < 0;

    private static string Age(Ingress ingress) => $"{ingress.Metadata.CreationTimestamp ?? "9999"} {ingress.Reference}";
}
