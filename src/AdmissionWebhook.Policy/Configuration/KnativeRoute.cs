using AdmissionWebhook.Policy.Evaluation;
using AdmissionWebhook.Policy.Kinds;
using AdmissionWebhook.Policy.Values;

namespace AdmissionWebhook.Policy.Configuration;

/// <summary>
/// The Service that Knative Serving (1.12 to 1.19) creates for each Route: a name that leads to Knative's gateway. Tenants can often write the object
/// from which Knative takes that name, so the target must be a gateway that Knative installs, or the Service itself. The user must be Knative; an audit
/// or a file has no user.
/// </summary>
internal static class KnativeRoute
{
    private const string Label = "serving.knative.dev/route";
    private const string ServiceAccount = "system:serviceaccount:knative-serving:controller";
    private const int Port = 80;

    /// <summary>The gateways of net-kourier, net-istio and net-contour inside the cluster, as service and namespace.</summary>
    private static readonly ImmutableArray<string> Gateways =
    [
        "kourier-internal.kourier-system", "kourier-internal.knative-serving", "kourier-internal.knative-serving-ingress",
        "knative-local-gateway.istio-system", "cluster-local-gateway.istio-system", "envoy.contour-internal",
    ];

    /// <summary>Whether a violation of <paramref name="rule"/> is normal for Knative.</summary>
    public static bool Excuses(Rule rule, Subject subject) =>
        rule.Id == "service-external-name"
        && subject.Target is Service { IsExternalName: true } service
        && service.Metadata.Labels[Label] is { Length: > 0 }
        && service.Ports.All(port => port.Port == Port)
        && (subject.User.Name is "" or ServiceAccount || subject.IsAudit)
        && LeadsToGateway(service);

    /// <summary>A name that also leads outside the cluster, or to an address that it contains, is none of a gateway.</summary>
    private static bool LeadsToGateway(Service service)
    {
        var host = Host.Parse(service.ExternalName);
        return InternalNames.FaultOf(host) is null
            && Gateways.Append($"{service.Metadata.Name}.{service.Metadata.Namespace}")
                .Any(gateway => host.Name.StartsWith($"{gateway}.svc.", StringComparison.Ordinal));
    }
}
