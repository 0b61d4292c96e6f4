using AdmissionWebhook.Policy.Rules.Ingresses;

namespace AdmissionWebhook.Server.Claims;

/// <summary>An Ingress that was allowed to claim a host a moment ago.</summary>
/// <param name="Id">The unique id of the request.</param>
/// <param name="Namespace">The Ingress's namespace.</param>
/// <param name="Name">Its name.</param>
/// <param name="Takes">The part of the host that it claims.</param>
/// <param name="At">The time of the decision, by the clock of its replica.</param>
/// <param name="IsCreation">Whether the Ingress was new.</param>
internal sealed record ClaimEntry(string Id, string Namespace, string Name, ImmutableArray<string> Takes, DateTimeOffset At, bool IsCreation)
{
    private const int Few = 8;

    /// <summary>After this time every watch shows the Ingress, or the API server never stored it.</summary>
    public static readonly TimeSpan Lifetime = TimeSpan.FromSeconds(10);

    /// <summary>Whether it also stands for an earlier request of the Ingress, so it stays if its own request is denied.</summary>
    public bool IsRenewal { get; init; }

    public static ClaimEntry Of(Claimant claimant, NewClaim claim) => new(claimant.Id, claimant.Reference.Namespace ?? "", claimant.Reference.Name, claim.Takes, claimant.At, claimant.IsCreation);

    /// <summary>Whether it belongs to this request.</summary>
    public bool IsOf(Claimant claimant) => Id == claimant.Id;

    /// <summary>Compares without keys: an entry that comes back from a Lease is another object.</summary>
    public bool Equals(ClaimEntry? other) => other?.Id == Id;

    public override int GetHashCode() => Id.GetHashCode(StringComparison.Ordinal);

    public bool HoldsAt(DateTimeOffset now) => now - At < Lifetime;

    /// <summary>Whether no other Ingress may have the same claim.</summary>
    public bool Opposes(NewClaim claim, ObjectReference claimant) =>
        (Namespace != (claimant.Namespace ?? "") || (claim.AmongIngresses && Name != claimant.Name))
        && (Takes.Length <= Few ? Takes.AsSpan().ContainsAny(claim.Meets.AsSpan()) : Takes.ToHashSet().Overlaps(claim.Meets));
}

/// <summary>A request that claims hosts.</summary>
/// <param name="Reference">Its Ingress.</param>
/// <param name="At">The time of the decision.</param>
/// <param name="IsCreation">Whether the Ingress is new.</param>
internal sealed record Claimant(ObjectReference Reference, DateTimeOffset At, bool IsCreation)
{
    /// <summary>The unique id of the request, across replicas.</summary>
    public string Id { get; } = Guid.NewGuid().ToString("N");
}
