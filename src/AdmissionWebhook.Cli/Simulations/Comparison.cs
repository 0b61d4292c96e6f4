using AdmissionWebhook.Policy.Configuration;

namespace AdmissionWebhook.Cli.Simulations;

/// <summary>Two sets of policies.</summary>
/// <param name="Before">Those in force.</param>
/// <param name="After">Those that would be.</param>
internal sealed record Comparison(PolicySet Before, PolicySet After)
{
    /// <summary>What <c>kubectl apply</c> does: what has the same name is replaced, and everything else stays.</summary>
    public static Comparison Applying(PolicySet policies, PolicySet cluster) => new(cluster, policies with
    {
        Policies = [.. policies.Policies.UnionBy(cluster.Policies, policy => policy.Name).OrderBy(policy => policy.Name, StringComparer.Ordinal)],
        Exemptions = [.. policies.Exemptions.UnionBy(cluster.Exemptions, exemption => (exemption.Namespace, exemption.Name)).OrderBy(exemption => (exemption.Namespace, exemption.Name))],
    });
}
