using System.Net;
using AdmissionWebhook.Policy.Evaluation;
using AdmissionWebhook.Policy.Kinds;
using AdmissionWebhook.Policy.Values;

namespace AdmissionWebhook.Policy.Configuration;

/// <summary>
/// A Service for a machine of a tailnet (Tailscale operator 1.60 to 1.90). Its author writes a placeholder, and the operator replaces it with the name
/// of a proxy in its own namespace. A placeholder is one label, because a longer name could lead somewhere until then. Only the operator may write the
/// name of a proxy; an audit or a file has no user.
/// </summary>
internal static class TailscaleEgress
{
    private const string FullName = "tailscale.com/tailnet-fqdn";
    private const string Proxies = ".tailscale.svc.";
    private const string ServiceAccount = "system:serviceaccount:tailscale:operator";

    private static readonly ImmutableArray<string> Addresses = ["tailscale.com/tailnet-ip", "tailscale.com/ts-tailnet-target-ip"];

    /// <summary>Whether a violation of <paramref name="rule"/> is normal for the operator.</summary>
    public static bool Excuses(Rule rule, Subject subject) =>
        rule.Id == "service-external-name"
        && subject.Target is Service { IsExternalName: true } service
        && NamesMachine(service)
        && Host.Parse(service.ExternalName) is { IsAny: false } name
        && InternalNames.FaultOf(name) is null
        && (IsPlaceholder(name) || (IsProxy(name) && (subject.User.Name is "" or ServiceAccount || subject.IsAudit)));

    /// <summary>The operator ignores other names than those of a tailnet. An address of the node or of the cloud's metadata is no machine of a tailnet.</summary>
    private static bool NamesMachine(Service service) =>
        Host.Parse(service.Metadata.Annotations[FullName]).Name.EndsWith(".ts.net", StringComparison.Ordinal)
        || Addresses.Any(annotation => service.Metadata.Annotations[annotation] is { } written && IsMachine(written));

    private static bool IsMachine(string written) => IpAddresses.Read(written) is { } address
        && !IPAddress.IsLoopback(address) && !address.IsIPv6LinkLocal && !InternalNames.IsMetadata(Host.Parse(written));

    private static bool IsPlaceholder(Host name) =>
        !name.Name.Contains('.', StringComparison.Ordinal) && !InternalNames.IsKnownInCluster(name);

    private static bool IsProxy(Host name) =>
        name.Name.StartsWith("ts-", StringComparison.Ordinal)
        && name.Name.IndexOf('.', StringComparison.Ordinal) == name.Name.IndexOf(Proxies, StringComparison.Ordinal);
}
