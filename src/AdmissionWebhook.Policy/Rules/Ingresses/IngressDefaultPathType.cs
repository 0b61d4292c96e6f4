using System.Text.Json.Nodes;
using AdmissionWebhook.Policy.Configuration;
using AdmissionWebhook.Policy.Evaluation;
using AdmissionWebhook.Policy.Kinds;

namespace AdmissionWebhook.Policy.Rules.Ingresses;

/// <summary>networking.k8s.io/v1 has no default for pathType and rejects such a path, but only after mutation.</summary>
public sealed class IngressDefaultPathType() : MutationRule<Ingress>(
    "ingress-default-path-type",
    "A path of an Ingress without a pathType gets the pathType that the policy chooses.",
    "The API server rejects a path without a pathType. Most examples from before Kubernetes 1.22 have none.")
{
    private static readonly Parameter<PathMatch> PathType =
        Parameter.Choice("pathType", PathMatch.Prefix, "The pathType to set.");

    /// <summary>The values of pathType.</summary>
    public enum PathMatch
    {
        /// <summary>By whole path elements, from the start.</summary>
        Prefix,

        /// <summary>The whole path, character by character.</summary>
        Exact,

        /// <summary>As the controller decides.</summary>
        ImplementationSpecific,
    }

    /// <inheritdoc/>
    public override ImmutableArray<Parameter> Parameters => [PathType];

    /// <inheritdoc/>
    protected override IEnumerable<PatchOperation> Fill(Ingress ingress, RuleContext context)
    {
        foreach (var rule in ingress.Rules)
        {
            foreach (var path in rule.Paths)
            {
                if (path.PathType is null)
                    yield return new(path.At / "pathType", JsonValue.Create(context.Parameters.Get(PathType).ToString()));
            }
        }
    }
}
