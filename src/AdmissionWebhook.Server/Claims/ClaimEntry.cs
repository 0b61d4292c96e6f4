using AdmissionWebhook.Policy.Resources;
using AdmissionWebhook.Policy.Rules.Ingresses;

namespace AdmissionWebhook.Server.Claims;

/// <summary>That an Ingress was allowed to take a host a moment ago.</summary>
/// <param name="Namespace">The Ingress's namespace.</param>
/// <param name="Name">Its name.</param>
/// <param name="Takes">What it takes of the host.</param>
/// <param name="At">When, by the clock of the replica that allowed it.</param>
/// <param name="IsCreation">Whether the Ingress was new.</param>
internal sealed record ClaimEntry(string Namespace, string Name, ImmutableArray<string> Takes, DateTimeOffset At, bool IsCreation)
{
    private const int Few = 8;

    /// <summary>By then every watch shows the Ingress, or it was never stored.</summary>
    public static readonly TimeSpan Lifetime = TimeSpan.FromSeconds(10);

    public static ClaimEntry Of(Claimant claimant, NewClaim claim) => new(claimant.Reference.Namespace ?? "", claimant.Reference.Name, claim.Takes, claimant.At, claimant.IsCreation);

    /// <summary>Whether it belongs to this request.</summary>
    public bool IsOf(Claimant claimant) => IsBy(claimant.Reference) && At.ToUnixTimeMilliseconds() == claimant.At.ToUnixTimeMilliseconds();

    /// <summary>Whether it is of this Ingress, by whichever request.</summary>
    public bool IsBy(ObjectReference ingress) => Namespace == (ingress.Namespace ?? "") && Name == ingress.Name;

    /// <summary>Keys do not count: one replica's entry comes back from a Lease as another object.</summary>
    public bool Equals(ClaimEntry? other) => other is not null && Namespace == other.Namespace && Name == other.Name && At.ToUnixTimeMilliseconds() == other.At.ToUnixTimeMilliseconds();

    public override int GetHashCode() => HashCode.Combine(Namespace, Name, At.ToUnixTimeMilliseconds());

    public bool HoldsAt(DateTimeOffset now) => now - At < Lifetime;

    /// <summary>Whether another Ingress may not have the claim besides.</summary>
    public bool Opposes(NewClaim claim, ObjectReference claimant) =>
        (Namespace != (claimant.Namespace ?? "") || (claim.AmongIngresses && Name != claimant.Name))
        && (Takes.Length <= Few ? Takes.AsSpan().ContainsAny(claim.Meets.AsSpan()) : Takes.ToHashSet().Overlaps(claim.Meets));
}

/// <summary>A request that claims hosts.</summary>
/// <param name="Reference">Its Ingress.</param>
/// <param name="At">When it was allowed; with the Ingress it tells the request from all others.</param>
/// <param name="IsCreation">Whether the Ingress is new.</param>
internal sealed record Claimant(ObjectReference Reference, DateTimeOffset At, bool IsCreation);
