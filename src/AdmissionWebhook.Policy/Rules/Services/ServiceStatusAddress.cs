using System.Net;
using AdmissionWebhook.Policy.Configuration;
using AdmissionWebhook.Policy.Evaluation;
using AdmissionWebhook.Policy.Kinds;
using AdmissionWebhook.Policy.Values;

namespace AdmissionWebhook.Policy.Rules.Services;

/// <summary>
/// The other half of CVE-2020-8554. The rule validates only addresses that a write adds. Audits find nothing: a stored address does not show who wrote it.
/// </summary>
public sealed class ServiceStatusAddress() : ValidationRule<Service>(
    "service-status-address",
    "Only controllers of load balancers write addresses into the status of a Service.",
    "Every node sends traffic for such an address to the Service, even if somebody else owns the address. A user who can write a status can read that traffic (CVE-2020-8554).")
{
    private static readonly Parameter<ImmutableArray<string>> Writers = Parameter.TextList(
        "writers",
        ["system:cloud-controller-manager", "system:kube-controller-manager", "system:serviceaccount:kube-system:*", "system:serviceaccount:metallb-system:*"],
        "Patterns of the users that manage load balancers.");

    private static readonly Parameter<ImmutableArray<IPNetwork>> Allowed =
        Parameter.Networks("allowed", "The addresses and CIDRs that every user may write.");

    /// <inheritdoc/>
    public override ImmutableArray<Parameter> Parameters => [Writers, Allowed];

    /// <inheritdoc/>
    public override Operation Operations => Operation.Update;

    /// <inheritdoc/>
    public override string? SubResource => "status";

    /// <inheritdoc/>
    public override bool JudgesStored => false;

    /// <inheritdoc/>
    protected override IEnumerable<Violation> Check(Service service, RuleContext context)
    {
        if (service.StatusAddresses.IsEmpty || NamePattern.MatchesAny(context.Parameters.Get(Writers), context.Subject.User.Name))
            yield break;

        var known = (context.Subject.OldObject as Service)?.StatusAddresses.ToHashSet() ?? [];
        for (var i = 0; i < service.StatusAddresses.Length; i++)
        {
            var written = service.StatusAddresses[i];
            if (written.Length > 0 && !known.Contains(written) && !(IpAddresses.Read(written) is { } address && context.Parameters.Get(Allowed).Any(network => network.Contains(address))))
            {
                yield return new(
                    FieldPath.Root / "status" / "loadBalancer" / "ingress" / i / "ip",
                    $"user \"{context.Subject.User.Name}\" is not allowed to write address \"{written}\"",
                    "Leave the status to the controller of the load balancer, or add the user to parameter writers");
            }
        }
    }
}
