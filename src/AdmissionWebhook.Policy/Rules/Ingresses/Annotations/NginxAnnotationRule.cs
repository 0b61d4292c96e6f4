using AdmissionWebhook.Policy.Configuration;
using AdmissionWebhook.Policy.Controllers;
using AdmissionWebhook.Policy.Evaluation;
using AdmissionWebhook.Policy.Kinds;
using AdmissionWebhook.Policy.Routing;

namespace AdmissionWebhook.Policy.Rules.Ingresses.Annotations;

/// <summary>
/// A rule about annotations of ingress-nginx. Reports nothing if another controller certainly serves the Ingress, and unchecked if that is unknown. A class
/// with an unknown controller is validated, because ingress-nginx can run under any name.
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
        Parameter.Text("prefix", NginxAnnotation.DefaultPrefix, "The prefix of the annotations, if ingress-nginx runs with `--annotations-prefix`.");

    /// <inheritdoc/>
    public override ImmutableArray<Parameter> Parameters => [Prefix];

    /// <inheritdoc/>
    public override ImmutableArray<ResourceKind> Reads => [ResourceKind.IngressClass];

    /// <summary>All violations of the annotations; there is at least one annotation.</summary>
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

    /// <summary>An unchecked violation in the place of one that may not apply.</summary>
    internal static Violation Unchecked(Violation violation, Ingress ingress, RuleContext context) =>
        ServingController.Unchecked(violation.Field, ingress, context.Cluster);
}
