using System.Net;
using AdmissionWebhook.Policy.Configuration;
using AdmissionWebhook.Policy.Evaluation;
using AdmissionWebhook.Policy.Kinds;
using AdmissionWebhook.Policy.Values;

namespace AdmissionWebhook.Policy.Rules.Services;

/// <summary>CVE-2020-8554, which Kubernetes leaves to admission.</summary>
public sealed class ServiceExternalIps() : ValidationRule<Service>(
    "service-external-ips",
    "A Service claims only external addresses that the organisation gave out.",
    "Every node sends traffic for such an address to the Service, whoever owns the address: who may set it can read what the cluster sends there (CVE-2020-8554).")
{
    private static readonly Parameter<ImmutableArray<IPNetwork>> Allowed =
        Parameter.Networks("allowed", "The addresses and ranges that may be used.");

    private static readonly Parameter<bool> LoadBalancerIPs =
        Parameter.Flag("loadBalancerIP", false, "Whether the address that a load balancer asks for has to be allowed too. Clouds refuse a stranger's; load balancers of one's own machines may not.");

    private static readonly string[] Annotations =
    [
        "metallb.io/loadBalancerIPs", "metallb.universe.tf/loadBalancerIPs", "kube-vip.io/loadbalancerIPs", "lbipam.cilium.io/ips", "io.cilium/lb-ipam-ips",
        "service.beta.kubernetes.io/azure-load-balancer-ipv4", "service.beta.kubernetes.io/azure-load-balancer-ipv6",
    ];

    /// <inheritdoc/>
    public override ImmutableArray<Parameter> Parameters => [Allowed, LoadBalancerIPs];

    /// <inheritdoc/>
    protected override IEnumerable<Violation> Check(Service service, RuleContext context)
    {
        var allowed = context.Parameters.Get(Allowed);
        var remedy = allowed.IsEmpty ? "Remove it" : $"Use an address of {string.Join(" or ", allowed)}";

        for (var i = 0; i < service.ExternalIPs.Length; i++)
        {
            if (Fault(service.ExternalIPs[i], allowed) is { } fault)
                yield return new(FieldPath.Spec / "externalIPs" / i, fault, remedy);
        }

        if (!service.IsLoadBalancer || !context.Parameters.Get(LoadBalancerIPs))
            yield break;

        foreach (var annotation in Annotations)
        {
            foreach (var written in service.Metadata.Annotations[annotation]?.Split(',') ?? [])
            {
                if (Fault(written.Trim(), allowed) is { } fault)
                    yield return new(FieldPath.Metadata / "annotations" / annotation, fault, remedy);
            }
        }

        if (service.LoadBalancerIP is { } asked && Fault(asked, allowed) is { } refused)
            yield return new(FieldPath.Spec / "loadBalancerIP", refused, remedy);
    }

    private static string? Fault(string written, ImmutableArray<IPNetwork> allowed) =>
        IpAddresses.Read(written) is not { } address ? $"\"{written}\" is not an IP address"
        : allowed.Any(network => network.Contains(address)) ? null
        : $"external address {written} may not be claimed";
}
