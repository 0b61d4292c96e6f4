using System.Text.RegularExpressions;
using AdmissionWebhook.Policy.Evaluation;
using AdmissionWebhook.Policy.Resources;

namespace AdmissionWebhook.Policy.Configuration;

/// <summary>
/// What cert-manager (1.12 to 1.19) makes for the minutes in which an ACME server checks who owns a host. A label alone excuses nothing, since anybody can
/// write it: an Ingress must lead nowhere but below the path of ACME challenges (RFC 8555, 8.3), and a Service must come from cert-manager itself.
/// Annotations come with solvers too (<c>ingressTemplate</c>), so only those that reach beyond the paths are too much.
/// </summary>
internal static partial class AcmeSolver
{
    private const string Label = "acme.cert-manager.io/http01-solver";
    private const string ServiceAccount = "system:serviceaccount:cert-manager:cert-manager";

    /// <summary>Whether a violation of <paramref name="rule"/> is how the solver works.</summary>
    public static bool Excuses(Rule rule, Subject subject) => subject.Target!.Metadata.Labels[Label] == "true" && (rule.Id, subject.Target) switch
    {
        ("ingress-tls-required" or "ingress-class-annotation", Ingress ingress) => ServesChallengesAlone(ingress),
        ("service-no-node-port", Service service) => service.Metadata.Name.StartsWith("cm-acme-http-solver-", StringComparison.Ordinal) && (subject.User.Name == ServiceAccount || subject.IsAudit),
        _ => false,
    };

    private static bool ServesChallengesAlone(Ingress ingress) =>
        ingress.DefaultBackend is null
        && !ingress.Rules.IsEmpty
        && ingress.Rules.All(rule => !rule.Paths.IsEmpty)
        && ingress.Paths.All(path => path.Path is { } written && Challenge().IsMatch(written))
        && !ingress.Metadata.Annotations.Any(annotation => ReachesFurther(annotation.Key));

    private static bool ReachesFurther(string annotation) =>
        annotation.Contains("snippet", StringComparison.Ordinal)
        || annotation.EndsWith("/server-alias", StringComparison.Ordinal)
        || annotation.EndsWith("/app-root", StringComparison.Ordinal);

    /// <summary>A token is base64url, so it holds nothing that a controller could take for a regular expression.</summary>
    [GeneratedRegex(@"^/\.well-known/acme-challenge/[A-Za-z0-9_-]+\z", RegexOptions.CultureInvariant)]
    private static partial Regex Challenge();
}
