using AdmissionWebhook.Policy.Configuration;
using AdmissionWebhook.Policy.Controllers;
using AdmissionWebhook.Policy.Evaluation;
using AdmissionWebhook.Policy.Kinds;
using AdmissionWebhook.Policy.Routing;

namespace AdmissionWebhook.Policy.Rules.Ingresses.Annotations;

/// <summary>
/// A rule about what ingress-nginx reads. Silent where another controller serves the Ingress for certain, unchecked where nobody knows; a class
/// whose controller is none of the known ones is judged, since ingress-nginx can be started under any name.
/// </summary>
/// <param name="id">See <see cref="Rule.Id"/>.</param>
/// <param name="summary">See <see cref="Rule.Summary"/>.</param>
/// <param name="why">See <see cref="Rule.Why"/>.</param>
/// <param name="byDefault">See <see cref="Rule.ByDefault"/>.</param>
public abstract class NginxAnnotationRule(string id, string summary, string why, Enforcement byDefault = Enforcement.Deny)
    : ValidationRule<Ingress>(id, summary, why, byDefault)
{
    /// <summary>The prefix of the annotations.</summary>
    internal static readonly Parameter<string> Prefix =
        Parameter.Text("prefix", NginxAnnotation.DefaultPrefix, "The prefix of the annotations, where ingress-nginx runs with `--annotations-prefix`.");

    /// <inheritdoc/>
    public override ImmutableArray<Parameter> Parameters => [Prefix];

    /// <inheritdoc/>
    public override ImmutableArray<ResourceKind> Reads => [ResourceKind.IngressClass];

    /// <summary>Everything that is wrong with the annotations, of which there is one at least.</summary>
    protected abstract IEnumerable<Violation> Check(Ingress ingress, IReadOnlyList<NginxAnnotation> annotations, RuleContext context);

    /// <inheritdoc/>
    protected override IEnumerable<Violation> Check(Ingress ingress, RuleContext context)
    {
        var prefix = context.Parameters.Get(Prefix);
        List<NginxAnnotation>? annotations = null;
        foreach (var (key, value) in ingress.Metadata.Annotations.Entries)
        {
            if (NginxAnnotation.HasPrefix(key, prefix))
                (annotations ??= []).Add(NginxAnnotation.Of(key, value, prefix));
        }

        return annotations is null ? [] : CheckFound(ingress, annotations, context);
    }

    private IEnumerable<Violation> CheckFound(Ingress ingress, List<NginxAnnotation> annotations, RuleContext context) => context.Cluster.CouldBeServedBy(IngressController.IngressNginx, ingress) switch
    {
        true => Check(ingress, annotations, context),
        false => [],
        null => Check(ingress, annotations, context).Select(violation => Unchecked(violation, ingress, context)),
    };

    /// <summary>The violation, where nobody knows whether it is one.</summary>
    internal static Violation Unchecked(Violation violation, Ingress ingress, RuleContext context) =>
        ServingController.Doubt(violation.Field, ingress, context.Cluster);
}
