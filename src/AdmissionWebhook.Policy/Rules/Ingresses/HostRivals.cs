using AdmissionWebhook.Policy.Kinds;
using AdmissionWebhook.Policy.Routing;

namespace AdmissionWebhook.Policy.Rules.Ingresses;

/// <summary>A claim of another Ingress for the traffic of a host.</summary>
internal sealed record HostRival(Ingress Ingress, HostClaim Claim, bool IsUncertain);

/// <summary>Claims of other Ingresses that conflict with an Ingress for one host. Finds the oldest in time that does not grow with their number.</summary>
internal sealed class HostRivals
{
    private readonly Dictionary<string, HostRival> _byKey = [], _loose = [];
    private readonly Dictionary<string, HostRival> _exact = [];

    /// <summary>The oldest of all; null if there are none.</summary>
    public HostRival? First { get; private set; }

    /// <summary>The oldest of those that the group evaluates later, for any path.</summary>
    private HostRival? Behind { get; set; }

    public static HostRivals Of(IEnumerable<HostRival> rivals, Ingress ingress)
    {
        var sorted = new HostRivals();
        foreach (var rival in rivals.OrderBy(rival => (rival.IsUncertain, rival.Ingress.Metadata.CreationTimestamp, rival.Ingress.Reference.ToString())))
        {
            sorted.First ??= rival;
            if (Serving.IsAskedBefore(ingress, rival.Ingress))
                sorted.Behind ??= rival;
            sorted._byKey.TryAdd(rival.Claim.PathKey, rival);
            if (rival.Claim.PathType == "Exact")
                sorted._exact.TryAdd(rival.Claim.Path ?? "/", rival);
            else
                sorted._loose.TryAdd(rival.Claim.PathKey, rival);
        }

        return sorted;
    }

    /// <summary>One with the same path; null if there is none.</summary>
    public HostRival? At(HostClaim claim) => claim.PathType != "Exact" ? _byKey.GetValueOrDefault(claim.PathKey)
        : _exact.GetValueOrDefault(claim.Path ?? "/") ?? _loose.GetValueOrDefault(claim.PathKey);

    /// <summary>One with the same path, or one that a load balancer evaluates later.</summary>
    public HostRival? Meeting(HostClaim claim) => At(claim) ?? Behind;
}
