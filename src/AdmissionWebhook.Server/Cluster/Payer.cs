using AdmissionWebhook.Policy.Evaluation;
using AdmissionWebhook.Policy.Kinds;
using AdmissionWebhook.Policy.State;

namespace AdmissionWebhook.Server.Cluster;

/// <summary>Who pays for what a review costs the API server.</summary>
/// <param name="Namespace">
/// The namespace of the object in the request; null for a cluster-scoped object. All that the watch does not show are one, whose name is empty: a
/// caller who forges reviews could make up any number.
/// </param>
/// <param name="User">The user who sent the request.</param>
internal readonly record struct Payer(string? Namespace, string User)
{
    /// <summary>Whose budget it is: the namespace's, or the user's where there is no namespace.</summary>
    public (string? Namespace, string User) Share => (Namespace, Namespace is null ? User : "");

    public static Payer Of(Subject subject, ClusterState state) =>
        new(subject.Target?.Metadata.Namespace is { } space ? state.Find<Namespace>(null, space).IsMissing ? "" : space : null, subject.User.Name);
}
