using System.Net;
using AdmissionWebhook.Policy.Configuration;
using AdmissionWebhook.Policy.Evaluation;
using AdmissionWebhook.Policy.Kinds;
using AdmissionWebhook.Policy.Values;

namespace AdmissionWebhook.Policy.Rules.Services;

/// <summary>Kubernetes leaves CVE-2020-8554 to admission control.</summary>
public sealed class ServiceExternalIps() : ValidationRule<Service>(
    "service-external-ips",
    "A Service uses only external addresses that the policy allows.",
    "Every node sends traffic for such an address to the Service, even if somebody else owns the address. A user who can set it can read that traffic (CVE-2020-8554).")
{
    private static readonly Parameter<ImmutableArray<IPNetwork>> Allowed =
        Parameter.Networks("allowed", "The addresses and CIDRs that are allowed.");

    private static readonly Parameter<bool> LoadBalancerIPs =
        Parameter.Flag("loadBalancerIP", false, "Whether the address requested for a load balancer must be allowed too. Clouds reject addresses of others; load balancers on your own machines may not.");

    /// <summary>Each asks for addresses. An annotation that chooses a pool is not here, because administrators decide what is in a pool.</summary>
    private static readonly string[] Annotations =
    [
        "metallb.io/loadBalancerIPs", "metallb.universe.tf/loadBalancerIPs", "kube-vip.io/loadbalancerIPs",
        "lbipam.cilium.io/ips", "io.cilium/lb-ipam-ips", "projectcalico.org/loadBalancerIPs",
        "purelb.io/addresses", "loxilb.io/staticIP", "loxilb.io/secondaryIPs", "eip.openelb.kubesphere.io/v1alpha1",
        "service.beta.kubernetes.io/azure-load-balancer-ipv4", "service.beta.kubernetes.io/azure-load-balancer-ipv6",
        "service.beta.kubernetes.io/azure-additional-public-ips",
    ];

    /// <summary>What is around an address: Calico takes a list in JSON.</summary>
    private static readonly char[] Around = [' ', '[', ']', '"'];

    /// <inheritdoc/>
    public override ImmutableArray<Parameter> Parameters => [Allowed, LoadBalancerIPs];

    /// <inheritdoc/>
    protected override IEnumerable<Violation> Check(Service service, RuleContext context)
    {
        var allowed = context.Parameters.Get(Allowed);
        var remedy = allowed.IsEmpty ? "Remove it" : $"Use an address in {string.Join(" or ", allowed)}";

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
                if (Fault(written.Trim(Around), allowed) is { } fault)
                    yield return new(FieldPath.Metadata / "annotations" / annotation, fault, remedy);
            }
        }

        if (service.LoadBalancerIP is { } asked && Fault(asked, allowed) is { } refused)
            yield return new(FieldPath.Spec / "loadBalancerIP", refused, remedy);
    }

    private static string? Fault(string written, ImmutableArray<IPNetwork> allowed) =>
        IpAddresses.Read(written) is not { } address ? $"\"{written}\" is not a valid IP address"
        : allowed.Any(network => network.Contains(address)) ? null
        : $"external address \"{written}\" is not allowed";
}
