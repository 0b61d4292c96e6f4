using AdmissionWebhook.Policy.Evaluation;

namespace AdmissionWebhook.Policy.Rules.Schema;

/// <summary>What the API server requires of an IngressClass, besides types and forms (kubernetes, pkg/apis/networking/validation).</summary>
internal static class IngressClassFacts
{
    public static IEnumerable<Violation> Check(Field spec)
    {
        if (spec["controller"].Text.Length == 0)
            yield return new(spec["controller"].At, "is required", "Use the name in the documentation of the controller, like k8s.io/ingress-nginx");
        var parameters = spec["parameters"];
        if (parameters.IsAbsent)
            yield break;

        foreach (var missing in new[] { parameters["kind"], parameters["name"] }.Where(field => field.Text.Length == 0))
            yield return new(missing.At, "is required", "Add it");

        var (scope, isNamed) = (parameters["scope"].Text, !parameters["namespace"].IsAbsent);
        if (scope == "Namespace" && !isNamed)
            yield return new(parameters["namespace"].At, "is required, because scope is Namespace", "Add the namespace of the parameters");
        if (scope is "Cluster" or "" && isNamed)
            yield return new(parameters["namespace"].At, "must not be set, because scope is Cluster", "Remove it, or set scope: Namespace");
    }
}
