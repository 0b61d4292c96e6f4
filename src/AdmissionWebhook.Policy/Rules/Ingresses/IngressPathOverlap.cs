using AdmissionWebhook.Policy.Evaluation;
using AdmissionWebhook.Policy.Kinds;
using AdmissionWebhook.Policy.Routing;
using AdmissionWebhook.Policy.Values;

namespace AdmissionWebhook.Policy.Rules.Ingresses;

/// <summary>Compares paths inside one Ingress; ingress-host-conflict compares with other Ingresses.</summary>
public sealed class IngressPathOverlap() : ValidationRule<Ingress>(
    "ingress-path-overlap",
    "Every path of an Ingress can get requests.",
    "If a host has the same path twice, one of the two gets no requests, and the controller decides which. A path with a query never matches.")
{
    private const int Few = 16;

    /// <inheritdoc/>
    public override ImmutableArray<ResourceKind> Reads => [ResourceKind.IngressClass, ResourceKind.Service];

    /// <inheritdoc/>
    protected override IEnumerable<Violation> Check(Ingress ingress, RuleContext context) => ingress.Rules is [{ Paths: var paths }] && AreDistinct(paths) ? [] : Find(ingress, context);

    /// <summary>Whether all paths are plain and distinct, as in most Ingresses of one host. A few paths are compared faster than sorted into a dictionary.</summary>
    private static bool AreDistinct(ImmutableArray<IngressPath> paths)
    {
        if (paths.Length > Few)
            return false;

        for (var i = 0; i < paths.Length; i++)
        {
            var path = paths[i].Path.AsSpan().TrimEnd('/');
            if (path.IndexOfAny('?', '#') >= 0)
                return false;

            for (var earlier = 0; earlier < i; earlier++)
            {
                if (paths[earlier].Path.AsSpan().TrimEnd('/').SequenceEqual(path))
                    return false;
            }
        }

        return true;
    }

    private static IEnumerable<Violation> Find(Ingress ingress, RuleContext context)
    {
        Conditions? conditions = null;
        var first = new Dictionary<ComparedPath, IngressPath>(ingress.PathCount);
        foreach (var rule in ingress.Rules)
        {
            foreach (var path in rule.Paths)
            {
                var written = path.Path ?? "/";
                var key = new ComparedPath(rule.Host, path.PathType, path.PathType == "Prefix" ? written.TrimEnd('/') : written);

                if (!first.TryAdd(key, path))
                {
                    conditions ??= new(context.Cluster, context.Cluster.ControllerOf(ingress));
                    if (!conditions.TellApart(ingress, path.Backend, ingress, first[key].Backend))
                        yield return Judge(path.At / "path", first[key].At / "path", key);
                }
                else if (path.PathType is "Exact" or "Prefix" && written.AsSpan().IndexOfAny('?', '#') >= 0)
                    yield return new(path.At / "path", $"path \"{written}\" matches no request, because paths are compared without query and fragment", "Remove the part from ? or # on");
            }
        }
    }

    /// <summary>Names the path as it is compared, so that the message stays the same if the two change places.</summary>
    private static Violation Judge(FieldPath at, FieldPath earlier, ComparedPath key) =>
        new(at, $"path \"{(key.Path.Length == 0 ? "/" : key.Path)}\" of host \"{key.Host}\" is already used at {earlier}", "Remove one of the two") { Beside = earlier };

    private readonly record struct ComparedPath(Host Host, string? Type, string Path)
    {
        /// <summary>The type is nearly always the same.</summary>
        public override int GetHashCode() => HashCode.Combine(Host, Path);
    }
}
