using AdmissionWebhook.Policy.Kinds;
using AdmissionWebhook.Policy.Rules.Ingresses;

namespace AdmissionWebhook.Server.Claims;

/// <summary>That an Ingress was allowed to take a host a moment ago.</summary>
/// <param name="Id">Tells the request from all others.</param>
/// <param name="Namespace">The Ingress's namespace.</param>
/// <param name="Name">Its name.</param>
/// <param name="Takes">What it takes of the host.</param>
/// <param name="At">When, by the clock of the replica that allowed it.</param>
/// <param name="IsCreation">Whether the Ingress was new.</param>
internal sealed record ClaimEntry(string Id, string Namespace, string Name, ImmutableArray<string> Takes, DateTimeOffset At, bool IsCreation)
{
    private const int Few = 8;

    /// <summary>By then every watch shows the Ingress, or it was never stored.</summary>
    public static readonly TimeSpan Lifetime = TimeSpan.FromSeconds(10);

    /// <summary>Whether it stands for an earlier request of the Ingress as well, so that it stays when its own request is refused.</summary>
    public bool IsRenewal { get; init; }

    public static ClaimEntry Of(Claimant claimant, NewClaim claim) => new(claimant.Id, claimant.Reference.Namespace ?? "", claimant.Reference.Name, claim.Takes, claimant.At, claimant.IsCreation);

    /// <summary>Whether it belongs to this request.</summary>
    public bool IsOf(Claimant claimant) => Id == claimant.Id;

    /// <summary>Keys do not count: one replica's entry comes back from a Lease as another object.</summary>
    public bool Equals(ClaimEntry? other) => other?.Id == Id;

    public override int GetHashCode() => Id.GetHashCode(StringComparison.Ordinal);

    public bool HoldsAt(DateTimeOffset now) => now - At < Lifetime;

    /// <summary>Whether another Ingress may not have the claim besides.</summary>
    public bool Opposes(NewClaim claim, ObjectReference claimant) =>
        (Namespace != (claimant.Namespace ?? "") || (claim.AmongIngresses && Name != claimant.Name))
        && (Takes.Length <= Few ? Takes.AsSpan().ContainsAny(claim.Meets.AsSpan()) : Takes.ToHashSet().Overlaps(claim.Meets));
}

/// <summary>A request that claims hosts.</summary>
/// <param name="Reference">Its Ingress.</param>
/// <param name="At">When it was allowed.</param>
/// <param name="IsCreation">Whether the Ingress is new.</param>
internal sealed record Claimant(ObjectReference Reference, DateTimeOffset At, bool IsCreation)
{
    /// <summary>Tells the request from all others, in whichever replicas they are decided.</summary>
    public string Id { get; } = Guid.NewGuid().ToString("N");
}
