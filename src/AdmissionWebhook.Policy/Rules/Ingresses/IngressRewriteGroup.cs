using AdmissionWebhook.Policy.Configuration;
using AdmissionWebhook.Policy.Evaluation;
using AdmissionWebhook.Policy.Kinds;
using AdmissionWebhook.Policy.Rules.Ingresses.Annotations;

namespace AdmissionWebhook.Policy.Rules.Ingresses;

/// <summary>Only for ingress-nginx. Canaries have no paths of their own there.</summary>
public sealed class IngressRewriteGroup() : NginxAnnotationRule(
    "ingress-rewrite-group",
    "A rewrite-target of ingress-nginx uses only groups that the path has.",
    "nginx replaces a group that the path does not have by nothing. With rewrite-target /$1 and path /api, every request reaches the backend as /.",
    Enforcement.Warn)
{
    /// <inheritdoc/>
    protected override IEnumerable<Violation> Check(Ingress ingress, IReadOnlyList<NginxAnnotation> annotations, RuleContext context)
    {
        if (ingress.IsCanary || RegexLocations.RewriteTarget(ingress, context.Parameters.Get(Prefix)) is not { } target)
            yield break;

        var used = Groups(target).Distinct().Order().ToList();
        if (used.Count == 0)
            yield break;

        foreach (var path in ingress.Paths)
        {
            var written = path.Path is { Length: > 0 } some ? some : "/";
            if (written == target || RegexLocations.Read(written) is not { Fault: null, IsUnderstood: true } pattern || used[^1] <= pattern.Groups)
                continue;

            var missing = used.First(group => group > pattern.Groups);
            var effect = used[0] == missing ? $"sends every request to {NginxAnnotation.Show(Without(target))}" : $"leaves ${missing} empty";
            yield return new(path.At / "path", $"path \"{NginxAnnotation.Show(written)}\" has no group {missing}; rewrite-target \"{NginxAnnotation.Show(target)}\" {effect}", Remedy(written, missing, pattern.Groups))
            {
                Beside = annotations.First(annotation => annotation.Name == "rewrite-target").At,
                Value = written,
            };
        }
    }

    private static IEnumerable<int> Groups(string target)
    {
        for (var i = 0; i + 1 < target.Length; i++)
        {
            if (target[i] == '$' && target[i + 1] is >= '1' and <= '9')
                yield return target[i + 1] - '0';
        }
    }

    /// <summary>A target whose groups are all empty.</summary>
    private static string Without(string target)
    {
        var parts = target.Split('$');
        return string.Concat([parts[0], .. parts.Skip(1).Select(part => part.Length > 0 && part[0] is >= '1' and <= '9' ? part[1..] : "$" + part)]);
    }

    private static string Remedy(string path, int missing, int groups) => (missing, groups) switch
    {
        (_, > 0) => $"Use a group up to ${groups} in rewrite-target, or add the group to the path",
        (1, _) => $"Write path {NginxAnnotation.Show(path.TrimEnd('/'))}/(.*) with pathType ImplementationSpecific, or a rewrite-target without groups",
        (2, _) => $"Write path {NginxAnnotation.Show(path.TrimEnd('/'))}(/|$)(.*) with pathType ImplementationSpecific, or a rewrite-target without groups",
        _ => "Add the groups to the path, or write a rewrite-target without groups",
    };
}
