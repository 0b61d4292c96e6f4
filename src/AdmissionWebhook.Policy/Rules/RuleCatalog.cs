using System.Collections.Frozen;
using AdmissionWebhook.Policy.Evaluation;
using AdmissionWebhook.Policy.Rules.IngressClasses;
using AdmissionWebhook.Policy.Rules.Ingresses;
using AdmissionWebhook.Policy.Rules.Ingresses.Annotations;
using AdmissionWebhook.Policy.Rules.Schema;
using AdmissionWebhook.Policy.Rules.Services;

namespace AdmissionWebhook.Policy.Rules;

/// <summary>Every rule of the product, in the order in which findings are reported. A new rule is one new file and one new line here.</summary>
public static class RuleCatalog
{
    /// <summary>The rules.</summary>
    public static ImmutableArray<Rule> All { get; } =
    [
        new ObjectSize(),
        new FieldTypeValid(),
        new SchemaValid(),

        new IngressDefaultClass(),
        new IngressDefaultPathType(),
        new IngressDefaultClassFromAnnotation(),
        new IngressDefaultTls(),
        new IngressDefaultAnnotations(),
        new IngressBackendServiceExists(),
        new IngressBackendPortExists(),
        new IngressBackendProtocol(),
        new IngressBackendExternalName(),
        new IngressBackendNodePort(),
        new IngressTlsRequired(),
        new IngressPlainHttp(),
        new IngressTlsSecret(),
        new IngressTlsSecretUnique(),
        new IngressClassExists(),
        new IngressClassAllowed(),
        new IngressHostRequired(),
        new IngressHostWildcard(),
        new IngressHostAllowed(),
        new IngressHostConflict(),
        new IngressPathOverlap(),
        new IngressPathConflict(),
        new IngressAccepted(),
        new IngressHostHidesWildcard(),
        new IngressPathValid(),
        new IngressRateLimitRequired(),

        new IngressClassControllerAllowed(),
        new IngressClassSingleDefault(),
        new IngressClassInUse(),

        new IngressClassAnnotation(),
        new IngressRegexPath(),
        new IngressRewriteGroup(),
        new IngressNginxSnippet(),
        new IngressNginxForbiddenDirective(),
        new IngressNginxAnnotationValue(),
        new IngressNginxAnnotationRisk(),
        new IngressAnnotationUnknown(),
        new IngressAnnotationOrphan(),
        new IngressAnnotationController(),
        new IngressAnnotationReference(),
        new IngressAnnotationUrl(),
        new IngressMigration(),

        new ServiceDefaultNoNodePorts(),
        new ServiceNoNodePort(),
        new ServiceLoadBalancerRestricted(),
        new ServiceExternalIps(),
        new ServiceStatusAddress(),
        new ServiceExternalName(),
        new ServiceSnippet(),
        new ServiceAnnotationUnknown(),
        new ServiceTargetPortValid(),
        new ServicePortRange(),
        new ServicePortName(),
        new ServiceDefaultAppProtocol(),
        new ServiceInUse(),
        new ServiceSelectorUnique(),
        new ServiceSelectorMatches(),
        new ServiceDefaultInternalLoadBalancer(),
        new ServiceLoadBalancerInternal(),
        new ServiceLoadBalancerQuota(),
        new ServiceLoadBalancerSourceRanges(),
        new ServiceLoadBalancerHttp(),
        new ServiceCloudCertificate(),
        new ServiceExternalDnsConflict(),
    ];

    /// <summary>The rule that decides who owns a host. Conflicts between simultaneous requests are reported under its id.</summary>
    public static Rule HostConflict { get; } = All.OfType<IngressHostConflict>().Single();

    private static readonly FrozenDictionary<string, Rule> ById = All.ToFrozenDictionary(rule => rule.Id);

    private static readonly FrozenDictionary<string, string> NewIds = new Dictionary<string, string>
    {
        ["ingress-class-from-annotation"] = "ingress-default-class-from-annotation",
        ["service-no-load-balancer-node-ports"] = "service-default-no-node-ports",
        ["service-internal-load-balancer"] = "service-default-internal-load-balancer",
    }.ToFrozenDictionary();

    /// <summary>The id that took the place of an old one; null for an id that was never changed.</summary>
    public static string? NewIdOf(string id) => NewIds.GetValueOrDefault(id);

    /// <summary>The rule with this id, or null.</summary>
    public static Rule? Find(string id) => ById.GetValueOrDefault(id);
}
