using AdmissionWebhook.Policy.Evaluation;

namespace AdmissionWebhook.Server.Cluster;

/// <summary>Who pays for a live read.</summary>
/// <param name="Namespace">The namespace of the object in the request; null for a cluster-scoped object.</param>
/// <param name="User">The user who sent the request.</param>
internal readonly record struct Payer(string? Namespace, string User)
{
    /// <summary>Whose budget it is: the namespace's, or the user's where there is no namespace.</summary>
    public (string? Namespace, string User) Share => (Namespace, Namespace is null ? User : "");

    public static Payer Of(Subject subject) => new(subject.Target?.Metadata.Namespace, subject.User.Name);
}
