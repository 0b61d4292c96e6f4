using AdmissionWebhook.Policy.Resources;
using AdmissionWebhook.Policy.Rules.Ingresses;

namespace AdmissionWebhook.Server.Claims;

/// <summary>That an Ingress was allowed to take a host a moment ago.</summary>
/// <param name="Namespace">The Ingress's namespace.</param>
/// <param name="Name">Its name.</param>
/// <param name="Takes">What it takes of the host.</param>
/// <param name="At">When, by the clock of the replica that allowed it.</param>
internal sealed record ClaimEntry(string Namespace, string Name, ImmutableArray<string> Takes, DateTimeOffset At)
{
    private const int Few = 8;

    /// <summary>By then every watch shows the Ingress, or it was never stored.</summary>
    public static readonly TimeSpan Lifetime = TimeSpan.FromSeconds(10);

    public static ClaimEntry Of(ObjectReference claimant, NewClaim claim, DateTimeOffset now) => new(claimant.Namespace ?? "", claimant.Name, claim.Takes, now);

    public bool IsOf(ObjectReference claimant) => Namespace == (claimant.Namespace ?? "") && Name == claimant.Name;

    /// <summary>Keys do not count: one replica's entry comes back from a Lease as another object.</summary>
    public bool Equals(ClaimEntry? other) => other is not null && Namespace == other.Namespace && Name == other.Name && At.ToUnixTimeMilliseconds() == other.At.ToUnixTimeMilliseconds();

    public override int GetHashCode() => HashCode.Combine(Namespace, Name, At.ToUnixTimeMilliseconds());

    public bool HoldsAt(DateTimeOffset now) => now - At < Lifetime;

    /// <summary>Whether another Ingress may not have the claim besides.</summary>
    public bool Opposes(NewClaim claim, ObjectReference claimant) =>
        (Namespace != (claimant.Namespace ?? "") || (claim.AmongIngresses && Name != claimant.Name))
        && (Takes.Length <= Few ? Takes.AsSpan().ContainsAny(claim.Meets.AsSpan()) : Takes.ToHashSet().Overlaps(claim.Meets));
}
