using AdmissionWebhook.Policy.Configuration;
using AdmissionWebhook.Policy.Controllers;
using AdmissionWebhook.Policy.Evaluation;
using AdmissionWebhook.Policy.Kinds;
using AdmissionWebhook.Policy.Routing;
using AdmissionWebhook.Policy.State;
using AdmissionWebhook.Policy.Values;

namespace AdmissionWebhook.Policy.Rules.Ingresses.Annotations;

/// <summary>
/// Applies to every controller: a name that no controller reads has no effect. Newer versions can have names that are unknown here. Names of
/// cert-manager, external-dns, MetalLB and clouds are reported only if they are near misses, given up, or for a Service.
/// </summary>
public sealed class IngressAnnotationUnknown() : ValidationRule<Ingress>(
    "ingress-annotation-unknown",
    "Every annotation that looks like one of a known controller is one that the controller reads.",
    "Controllers ignore unknown annotations. A mistyped auth-url or prefix lets everybody in, and the rate-limit of many tutorials limits nothing.",
    Enforcement.Warn)
{
    /// <summary>More suggestions help nobody, and each one takes time to find.</summary>
    private const int MostAdvised = 50;

    private static readonly Parameter<ImmutableArray<string>> Known =
        Parameter.TextList("known", "Additional annotations that are known, by their full names. `*` matches any characters.");

    /// <inheritdoc/>
    public override ImmutableArray<Parameter> Parameters => [Known, NginxAnnotationRule.Prefix];

    /// <inheritdoc/>
    public override ImmutableArray<ResourceKind> Reads => [ResourceKind.IngressClass];

    /// <inheritdoc/>
    protected override IEnumerable<Violation> Check(Ingress ingress, RuleContext context) =>
        ingress.Metadata.Annotations.IsEmpty ? [] : Find(ingress, context);

    private static IEnumerable<Violation> Find(Ingress ingress, RuleContext context)
    {
        var prefix = context.Parameters.Get(NginxAnnotationRule.Prefix);
        var unread = new UnreadAnnotations(ResourceKind.Ingress, new(() => SoleController(ingress, context.Cluster)), prefix);
        var found = 0;
        foreach (var (key, _) in ingress.Metadata.Annotations.Entries)
        {
            var violation = NginxAnnotation.HasPrefix(key, prefix) ? JudgeNginx(key, prefix, found < MostAdvised)
                : IngressController.OwnerOf(key) is { } owner ? JudgeOwned(key, owner, prefix, found < MostAdvised)
                : unread.Judge(key);
            if (violation is null || NamePattern.MatchesAny(context.Parameters.Get(Known), key))
                continue;

            found++;
            yield return violation;
        }
    }

    private static Violation? JudgeNginx(string key, string prefix, bool withAdvice) => NginxAnnotation.Of(key, "", prefix) is { Known: null } annotation
        ? Judge(key, NginxAnnotation.DefaultPrefix + "/", annotation.Name, IngressController.IngressNginx, withAdvice)
        : null;

    private static Violation? JudgeOwned(string key, IngressController owner, string prefix, bool withAdvice)
    {
        if (owner is not { IsComplete: true, Annotations.ByName.Count: > 0 })
            return null;

        var name = key[(key.IndexOf('/', StringComparison.Ordinal) + 1)..];
        if (owner == IngressController.IngressNginx)
            return new(At(key), $"is ignored; ingress-nginx reads annotations that begin with {prefix}/", $"Write {prefix}/{name}");
        if (owner.Annotations.Find(key) is null)
            return Judge(key, key[..^name.Length], name, owner, withAdvice);
        return owner.IsOnlyForServices(name)
            ? new(At(key), $"is ignored on an Ingress; {owner} reads it on a Service", "Move it to the Service, or remove it")
            : null;
    }

    /// <summary>The controller, if the Ingress names no second class that another one could serve.</summary>
    private static IngressController? SoleController(Ingress ingress, ClusterState cluster) =>
        ingress.NamedClasses.Skip(1).Any() ? null : cluster.ControllerOf(ingress);

    private static FieldPath At(string key) => FieldPath.Metadata / "annotations" / key;

    private static Violation Judge(string key, string prefix, string name, IngressController controller, bool withAdvice)
    {
        var instead = controller.Annotations.InsteadOf(prefix + name);
        var remedy = instead switch
        {
            "" => "Remove it",
            not null => $"Use {instead}",
            _ when withAdvice && Spelling.Nearest(name, NamesBehind(prefix, controller)) is { } nearest => $"Use {nearest} if you mean that",
            _ => "Remove it",
        };
        return new(At(key), $"is not an annotation of {controller.Describes}", remedy);
    }
    private static IEnumerable<string> NamesBehind(string prefix, IngressController controller) =>
        controller.Annotations.ByName.Values.Where(known => known.Prefix == prefix).Select(known => known.Name);
}
