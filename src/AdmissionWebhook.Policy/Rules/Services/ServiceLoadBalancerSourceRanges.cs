using System.Net;
using System.Net.Sockets;
using AdmissionWebhook.Policy.Configuration;
using AdmissionWebhook.Policy.Evaluation;
using AdmissionWebhook.Policy.Kinds;
using AdmissionWebhook.Policy.Routing;
using AdmissionWebhook.Policy.Values;

namespace AdmissionWebhook.Policy.Rules.Services;

/// <summary>
/// Ranges are in the field or, if it is empty, in an annotation: clouds read them in this order. Two halves of the internet are the whole internet, so the
/// rule checks the size of each range.
/// </summary>
public sealed class ServiceLoadBalancerSourceRanges() : ValidationRule<Service>(
    "service-load-balancer-source-ranges",
    "A public load balancer accepts traffic only from listed addresses.",
    "Without source ranges the whole internet can connect. Few applications are made for that.")
{
    private const int ShortestOfIPv6 = 7;
    private const string Annotation = "service.beta.kubernetes.io/load-balancer-source-ranges";

    private static readonly Parameter<ImmutableArray<IPNetwork>> Within =
        Parameter.Networks("within", "The CIDRs that must contain every range. If empty, any range is allowed.");

    private static readonly Parameter<int> Shortest =
        Parameter.Number("shortestPrefix", 8, "The shortest IPv4 prefix that is allowed. For IPv6 it is always 7, the prefix of all private addresses.");

    private static readonly Parameter<bool> Internal =
        Parameter.Flag("internal", false, "Whether load balancers with an annotation for internal also need source ranges.");

    private static readonly Parameter<ImmutableArray<string>> Namespaces =
        Parameter.TextList("openNamespaces", "Name patterns of namespaces whose load balancers may be open to everybody.");

    /// <inheritdoc/>
    public override ImmutableArray<Parameter> Parameters => [Within, Shortest, Internal, Namespaces];

    /// <inheritdoc/>
    protected override IEnumerable<Violation> Check(Service service, RuleContext context)
    {
        if (!service.IsLoadBalancer || NamePattern.MatchesAny(context.Parameters.Get(Namespaces), service.Metadata.Namespace ?? ""))
            yield break;

        var ranges = RangesOf(service);
        if (ranges.Count == 0 && (context.Parameters.Get(Internal) || !Cloud.All.Any(cloud => cloud.IsInternal(service))))
            yield return new(FieldPath.Spec / "loadBalancerSourceRanges", "is required; without it everybody can connect to the load balancer", "List the CIDRs that may connect");

        foreach (var (written, at) in ranges)
        {
            if (Fault(written, context.Parameters) is { } fault)
                yield return fault(at);
        }
    }

    private static List<(string Written, FieldPath At)> RangesOf(Service service) => service.LoadBalancerSourceRanges switch
    {
        [] => service.Metadata.Annotations[Annotation]?.Trim() is { Length: > 0 } annotated
            ? [.. annotated.Split(',').Select(range => (range.Trim(), FieldPath.Metadata / "annotations" / Annotation))]
            : [],
        var listed => [.. listed.Select((range, index) => (range.Trim(), FieldPath.Spec / "loadBalancerSourceRanges" / index))],
    };

    private static Func<FieldPath, Violation>? Fault(string written, ParameterValues parameters)
    {
        var within = parameters.Get(Within);
        if (IpAddresses.ReadRange(written) is not { } range)
            return at => new(at, $"\"{written}\" is not a valid CIDR; the load balancer is not created", "Write it like 203.0.113.0/24");

        var shortest = range.BaseAddress.AddressFamily == AddressFamily.InterNetwork ? parameters.Get(Shortest) : ShortestOfIPv6;
        if (range.PrefixLength < shortest)
            return at => new(at, $"\"{written}\" allows {(range.PrefixLength == 0 ? "everybody" : "too much of the internet")}", $"Use narrower CIDRs, /{shortest} or longer");
        return within.IsEmpty || within.Any(outer => outer.PrefixLength <= range.PrefixLength && outer.Contains(range.BaseAddress)) ? null
            : at => new(at, $"\"{written}\" is not allowed", $"Use a CIDR within {string.Join(" or ", within)}");
    }
}
