using AdmissionWebhook.Policy.Configuration;
using AdmissionWebhook.Policy.Evaluation;
using AdmissionWebhook.Policy.Kinds;
using AdmissionWebhook.Policy.Routing;
using AdmissionWebhook.Policy.Values;

namespace AdmissionWebhook.Policy.Rules.Services;

/// <summary>
/// A load balancer is public unless its cloud is told otherwise in its own words. A policy that names the cloud also finds the words of another cloud,
/// which mean nothing there. What a controller does by default is its operator's to change, so it has to be said.
/// </summary>
public sealed class ServiceLoadBalancerInternal() : ValidationRule<Service>(
    "service-load-balancer-internal",
    "A load balancer has an internal address, except where it may be public.",
    "One annotation that is missing, mistyped or another cloud's puts a Service onto the internet, and scanners find it within minutes.")
{
    private static readonly Parameter<CloudProvider> Provider =
        Parameter.Choice("cloud", CloudProvider.Any, "Whose load balancers they are; with Any, the words of every known cloud count.");

    private static readonly Parameter<ImmutableArray<string>> Namespaces =
        Parameter.TextList("publicNamespaces", "Name patterns of the namespaces whose load balancers may be public.");

    private static readonly Parameter<ImmutableArray<string>> Classes =
        Parameter.TextList("internalClasses", "The loadBalancerClass values whose load balancers are internal in any case.");

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
            : "Set the annotation of your cloud for an internal one, exactly as its documentation has it";
        yield return told is null
            ? new(FieldPath.Metadata / "annotations", "the load balancer may be public, since no annotation makes it internal", remedy)
            : new(FieldPath.Metadata / "annotations" / told, $"\"{annotations[told]}\" does not make the load balancer internal", remedy);
    }
}
