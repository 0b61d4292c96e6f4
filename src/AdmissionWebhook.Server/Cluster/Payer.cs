namespace AdmissionWebhook.Server.Cluster;

/// <summary>The payer of the API calls of a review.</summary>
/// <param name="Namespace">
/// The namespace of the object in the request; null for a cluster-scoped object. All namespaces that the watch does not show share one empty name: a
/// caller that forges reviews could invent any number.
/// </param>
/// <param name="User">The user of the request.</param>
internal readonly record struct Payer(string? Namespace, string User)
{
    /// <summary>The owner of the budget: the namespace, or the user without a namespace.</summary>
    public (string? Namespace, string User) Share => (Namespace, Namespace is null ? User : "");

    public static Payer Of(Subject subject, ClusterState state) =>
        new(subject.Target?.Metadata.Namespace is { } @namespace ? state.Find<Namespace>(null, @namespace).IsMissing ? "" : @namespace : null, subject.User.Name);
}
