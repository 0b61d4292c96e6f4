using System.Net;
using System.Net.Sockets;
using AdmissionWebhook.Policy.Configuration;
using AdmissionWebhook.Policy.Controllers;
using AdmissionWebhook.Policy.Evaluation;
using AdmissionWebhook.Policy.Kinds;
using AdmissionWebhook.Policy.Routing;
using AdmissionWebhook.Policy.Values;

namespace AdmissionWebhook.Policy.Rules.Services;

/// <summary>
/// Ranges stand in the field or, where that is empty, in an annotation: clouds read them in this order. Two halves of the internet are as much as the
/// whole of it, so a range is judged by its size.
/// </summary>
public sealed class ServiceLoadBalancerSourceRanges() : ValidationRule<Service>(
    "service-load-balancer-source-ranges",
    "A public load balancer takes traffic from named addresses alone.",
    "Without source ranges the whole internet may connect, and what listens behind it was seldom made for that.")
{
    private const int ShortestOfIPv6 = 7;
    private const string Annotation = "service.beta.kubernetes.io/load-balancer-source-ranges";

    private static readonly Parameter<ImmutableArray<IPNetwork>> Within =
        Parameter.Networks("within", "The ranges that all others have to lie in; empty for any.");

    private static readonly Parameter<int> Shortest =
        Parameter.Number("shortestPrefix", 8, "An IPv4 range with a prefix shorter than this is too wide. For IPv6 it is 7, as long as that of all private addresses.");

    private static readonly Parameter<bool> Internal =
        Parameter.Flag("internal", false, "Whether load balancers that an annotation makes internal need source ranges too.");

    private static readonly Parameter<ImmutableArray<string>> Namespaces =
        Parameter.TextList("openNamespaces", "Name patterns of the namespaces whose load balancers may be open to everybody.");

    /// <inheritdoc/>
    public override ImmutableArray<Parameter> Parameters => [Within, Shortest, Internal, Namespaces];

    /// <inheritdoc/>
    protected override IEnumerable<Violation> Check(Service service, RuleContext context)
    {
        if (!service.IsLoadBalancer || NamePattern.MatchesAny(context.Parameters.Get(Namespaces), service.Metadata.Namespace ?? ""))
            yield break;

        var ranges = RangesOf(service);
        if (ranges.Count == 0 && (context.Parameters.Get(Internal) || !Cloud.All.Any(cloud => cloud.IsInternal(service))))
            yield return new(FieldPath.Spec / "loadBalancerSourceRanges", "everybody may connect to the load balancer", "List the ranges that may");

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
            return at => new(at, $"\"{written}\" is no range in CIDR notation, and the load balancer is never set up", "Write it like 203.0.113.0/24");

        var shortest = range.BaseAddress.AddressFamily == AddressFamily.InterNetwork ? parameters.Get(Shortest) : ShortestOfIPv6;
        if (range.PrefixLength < shortest)
            return at => new(at, $"{written} is {(range.PrefixLength == 0 ? "everybody" : "too much of the internet")}", $"List narrower ranges, of /{shortest} or longer");
        return within.IsEmpty || within.Any(outer => outer.PrefixLength <= range.PrefixLength && outer.Contains(range.BaseAddress)) ? null
            : at => new(at, $"{written} does not lie within {string.Join(" or ", within)}", "List ranges that do");
    }
}
