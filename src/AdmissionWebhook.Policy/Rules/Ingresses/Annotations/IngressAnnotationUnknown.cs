using AdmissionWebhook.Policy.Configuration;
using AdmissionWebhook.Policy.Controllers;
using AdmissionWebhook.Policy.Evaluation;
using AdmissionWebhook.Policy.Kinds;
using AdmissionWebhook.Policy.Values;

namespace AdmissionWebhook.Policy.Rules.Ingresses.Annotations;

/// <summary>Applies to every controller: a name that no controller reads has no effect. Newer versions can have names that are unknown here.</summary>
public sealed class IngressAnnotationUnknown() : ValidationRule<Ingress>(
    "ingress-annotation-unknown",
    "Every annotation with the prefix of a controller is one that the controller knows.",
    "Controllers ignore unknown annotations. A mistyped auth-url lets everybody in, and the rate-limit of many tutorials limits nothing.",
    Enforcement.Warn)
{
    /// <summary>More suggestions help nobody, and each one takes time to find.</summary>
    private const int MostAdvised = 50;

    private static readonly Parameter<ImmutableArray<string>> Known =
        Parameter.TextList("known", "Additional annotations that are known, by their full names. `*` matches any characters.");

    /// <inheritdoc/>
    public override ImmutableArray<Parameter> Parameters => [Known, NginxAnnotationRule.Prefix];

    /// <inheritdoc/>
    protected override IEnumerable<Violation> Check(Ingress ingress, RuleContext context)
    {
        var prefix = context.Parameters.Get(NginxAnnotationRule.Prefix);
        foreach (var (key, _) in ingress.Metadata.Annotations.Entries)
        {
            if (NginxAnnotation.HasPrefix(key, prefix) || IngressController.OwnerOf(key) is not null)
                return Find(ingress, prefix, context);
        }

        return [];
    }

    private static IEnumerable<Violation> Find(Ingress ingress, string prefix, RuleContext context)
    {
        var found = 0;
        foreach (var (key, _) in ingress.Metadata.Annotations.Entries)
        {
            if (NginxAnnotation.HasPrefix(key, prefix))
            {
                if (NginxAnnotation.Of(key, "", prefix) is { Known: null } annotation && !IsKnown(key, context))
                    yield return Judge(key, NginxAnnotation.DefaultPrefix + "/", annotation.Name, IngressController.IngressNginx, found++ < MostAdvised);
            }
            else if (IngressController.OwnerOf(key) is { IsComplete: true } owner && owner.Annotations.ByName.Count > 0 && !IsKnown(key, context))
            {
                if (owner == IngressController.IngressNginx)
                    yield return new(FieldPath.Metadata / "annotations" / key, $"is ignored; ingress-nginx reads annotations that begin with {prefix}/", $"Write {prefix}/{key[(key.IndexOf('/', StringComparison.Ordinal) + 1)..]}");
                else if (owner.Annotations.Find(key) is null)
                    yield return Judge(key, key[..(key.IndexOf('/', StringComparison.Ordinal) + 1)], key[(key.IndexOf('/', StringComparison.Ordinal) + 1)..], owner, found++ < MostAdvised);
            }
        }
    }

    private static bool IsKnown(string key, RuleContext context) => NamePattern.MatchesAny(context.Parameters.Get(Known), key);

    private static Violation Judge(string key, string prefix, string name, IngressController controller, bool withAdvice)
    {
        var instead = controller.Annotations.InsteadOf(prefix + name);
        var remedy = instead switch
        {
            "" => "Remove it",
            not null => $"Use {instead}",
            _ when withAdvice && Spelling.Nearest(name, controller.Annotations.ByName.Values.Where(known => known.Prefix == prefix).Select(known => known.Name)) is { } nearest => $"Use {nearest} if you mean that",
            _ => "Remove it",
        };
        return new(FieldPath.Metadata / "annotations" / key, $"is not an annotation of {controller.Describes}", remedy);
    }
}
