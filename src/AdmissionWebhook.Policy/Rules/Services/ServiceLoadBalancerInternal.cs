using AdmissionWebhook.Policy.Configuration;
using AdmissionWebhook.Policy.Evaluation;
using AdmissionWebhook.Policy.Kinds;
using AdmissionWebhook.Policy.Routing;
using AdmissionWebhook.Policy.Values;

namespace AdmissionWebhook.Policy.Rules.Services;

/// <summary>
/// A load balancer is public unless an annotation of its own cloud makes it internal. If the policy names the cloud, annotations of other clouds do not
/// count, because they have no effect there. The default of a controller does not count either, because its operator can change it.
/// </summary>
public sealed class ServiceLoadBalancerInternal() : ValidationRule<Service>(
    "service-load-balancer-internal",
    "A load balancer has an internal address, except where the policy allows a public one.",
    "A missing or mistyped annotation, or one of another cloud, opens a Service to the internet. Scanners find it within minutes.")
{
    private static readonly Parameter<CloudProvider> Provider =
        Parameter.Choice("cloud", CloudProvider.Any, "The cloud that provides the load balancers. With Any, annotations of every known cloud count.");

    private static readonly Parameter<ImmutableArray<string>> Namespaces =
        Parameter.TextList("publicNamespaces", "Name patterns of namespaces whose load balancers may be public.");

    private static readonly Parameter<ImmutableArray<string>> Classes =
        Parameter.TextList("internalClasses", "The loadBalancerClass values whose load balancers are always internal.");

    /// <inheritdoc/>
    public override ImmutableArray<Parameter> Parameters => [Provider, Namespaces, Classes];

    /// <inheritdoc/>
    protected override IEnumerable<Violation> Check(Service service, RuleContext context)
    {
        if (!service.IsLoadBalancer
            || NamePattern.MatchesAny(context.Parameters.Get(Namespaces), service.Metadata.Namespace ?? "")
            || (service.LoadBalancerClass is { } name && context.Parameters.Get(Classes).Contains(name)))
            yield break;

        var clouds = Cloud.Of(context.Parameters.Get(Provider));
        if (clouds.Any(cloud => cloud.IsInternal(service)))
            yield break;

        var annotations = service.Metadata.Annotations;
        var told = Cloud.All.SelectMany(cloud => cloud.Internals).FirstOrDefault(mark => annotations[mark.Key] is not null).Key;
        var missing = clouds is [var only] ? only.Internals.FirstOrDefault(mark => annotations[mark.Key] != mark.Value) : default;
        var remedy = missing.Key is not null
            ? $"Set annotation {missing.Key}: \"{missing.Value}\""
            : "Set the annotation for internal load balancers from the documentation of your cloud";
        yield return told is null
            ? new(FieldPath.Metadata / "annotations", "no annotation makes the load balancer internal, so it may be public", remedy)
            : new(FieldPath.Metadata / "annotations" / told, $"\"{annotations[told]}\" does not make the load balancer internal", remedy);
    }
}
