using System.Net;
using AdmissionWebhook.Policy.Configuration;
using AdmissionWebhook.Policy.Evaluation;
using AdmissionWebhook.Policy.Resources;

namespace AdmissionWebhook.Policy.Rules.Services;

/// <summary>CVE-2020-8554, which Kubernetes leaves to admission.</summary>
public sealed class ServiceExternalIps() : ValidationRule<Service>(
    "service-external-ips",
    "A Service claims only external addresses that the organisation gave out.",
    "Every node sends traffic for such an address to the Service, whoever owns the address: who may set it can read what the cluster sends there (CVE-2020-8554).")
{
    private static readonly Parameter<ImmutableArray<IPNetwork>> Allowed =
        Parameter.Networks("allowed", "The addresses and ranges that may be used.");

    /// <inheritdoc/>
    public override ImmutableArray<Parameter> Parameters => [Allowed];

    /// <inheritdoc/>
    protected override IEnumerable<Violation> Check(Service service, RuleContext context)
    {
        var allowed = context.Parameters.Get(Allowed);
        var remedy = allowed.IsEmpty ? "Remove it" : $"Use an address of {string.Join(" or ", allowed)}";

        for (var i = 0; i < service.ExternalIPs.Length; i++)
        {
            var written = service.ExternalIPs[i];
            if (IpAddresses.Read(written) is not { } address)
                yield return new(FieldPath.Spec / "externalIPs" / i, $"\"{written}\" is not an IP address", remedy);
            else if (!allowed.Any(network => network.Contains(address)))
                yield return new(FieldPath.Spec / "externalIPs" / i, $"external address {written} may not be claimed", remedy);
        }
    }
}
