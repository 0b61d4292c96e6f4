using System.Text.Json.Nodes;
using AdmissionWebhook.Policy.Configuration;
using AdmissionWebhook.Policy.Evaluation;
using AdmissionWebhook.Policy.Kinds;

namespace AdmissionWebhook.Policy.Rules.Ingresses;

/// <summary>networking.k8s.io/v1 has no default of its own and refuses such a path, but only after admission.</summary>
public sealed class IngressDefaultPathType() : MutationRule<Ingress>(
    "ingress-default-path-type",
    "A path of an Ingress that has no pathType gets the one the policy chooses.",
    "The API server refuses a path without a pathType, and most examples from before 1.22 have none.")
{
    private static readonly Parameter<PathMatch> PathType =
        Parameter.Choice("pathType", PathMatch.Prefix, "The pathType to fill in.");

    /// <summary>The values of pathType.</summary>
    public enum PathMatch
    {
        /// <summary>By whole elements from the start.</summary>
        Prefix,

        /// <summary>Letter by letter.</summary>
        Exact,

        /// <summary>As the controller likes.</summary>
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
