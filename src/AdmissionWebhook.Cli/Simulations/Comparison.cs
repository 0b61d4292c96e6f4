namespace AdmissionWebhook.Cli.Simulations;

/// <summary>Two sets of policies.</summary>
/// <param name="Before">The current policies.</param>
/// <param name="After">The new policies.</param>
internal sealed record Comparison(PolicySet Before, PolicySet After)
{
    /// <summary>Does the same as <c>kubectl apply</c>: it replaces policies of the same name and keeps the others.</summary>
    public static Comparison Applying(PolicySet policies, PolicySet cluster) => new(cluster, policies with
    {
        Policies = [.. policies.Policies.UnionBy(cluster.Policies, policy => policy.Name).OrderBy(policy => policy.Name, StringComparer.Ordinal)],
        Exemptions = [.. policies.Exemptions.UnionBy(cluster.Exemptions, exemption => (exemption.Namespace, exemption.Name)).OrderBy(exemption => (exemption.Namespace, exemption.Name))],
    });
}
