using AdmissionWebhook.Policy.Kinds;

namespace AdmissionWebhook.Policy.Routing;

/// <summary>The cloud that provides load balancers for Services of type LoadBalancer.</summary>
public enum CloudProvider
{
    /// <summary>The cloud that the annotations of the Service name.</summary>
    Any,

    /// <summary>Amazon Web Services.</summary>
    Aws,

    /// <summary>Google Cloud.</summary>
    Gcp,

    /// <summary>Microsoft Azure.</summary>
    Azure,

    /// <summary>Oracle Cloud Infrastructure.</summary>
    Oci,

    /// <summary>Alibaba Cloud.</summary>
    Alibaba,

    /// <summary>IBM Cloud.</summary>
    Ibm,

    /// <summary>Tencent Cloud.</summary>
    Tencent,

    /// <summary>DigitalOcean.</summary>
    DigitalOcean,

    /// <summary>Scaleway.</summary>
    Scaleway,

    /// <summary>OpenStack.</summary>
    OpenStack,
}

/// <summary>How annotations configure a load balancer of a cloud. Source: code and documentation of its controller in 2026.</summary>
public sealed class Cloud
{
    private const string Beta = "service.beta.kubernetes.io/";
    private const string AwsInternal = Beta + "aws-load-balancer-internal";
    private const string AwsScheme = Beta + "aws-load-balancer-scheme";
    private const string GkeType = "networking.gke.io/load-balancer-type";
    private const string OldGkeType = "cloud.google.com/load-balancer-type";
    private const string AlibabaType = Beta + "alibaba-cloud-loadbalancer-address-type";
    private const string OldAlibabaType = Beta + "alicloud-loadbalancer-address-type";
    private const string OciInternal = Beta + "oci-load-balancer-internal";
    private const string OciNlbInternal = "oci-network-load-balancer.oraclecloud.com/internal";

    /// <summary>How the annotations begin of clouds whose load balancers reach pods through node ports, except Amazon's.</summary>
    private static readonly ImmutableArray<string> ThroughNodePorts =
    [
        Beta + "oci-load-balancer-", "oci.oraclecloud.com/", "oci-network-load-balancer.oraclecloud.com/", Beta + "alibaba-cloud-loadbalancer-", Beta + "alicloud-loadbalancer-",
        "service.kubernetes.io/ibm-load-balancer-", "service.kubernetes.io/qcloud-loadbalancer-", Beta + "do-loadbalancer-", Beta + "scw-loadbalancer-", Beta + "openstack-", "loadbalancer.openstack.org/",
        "load-balancer.hetzner.cloud/", Beta + "linode-loadbalancer-", Beta + "vultr-loadbalancer-",
    ];

    private readonly Func<Service, bool> _isInternal;

    private Cloud(CloudProvider provider, Func<Service, bool> isInternal, params ImmutableArray<KeyValuePair<string, string>> internals)
    {
        Provider = provider;
        _isInternal = isInternal;
        Internals = internals;
    }

    /// <summary>Every known cloud.</summary>
    public static ImmutableArray<Cloud> All { get; } =
    [
        // The AWS Load Balancer Controller reads the scheme first and then the old annotation; the cloud controller reads only the old one.
        new(CloudProvider.Aws, IsInternalOfAws, new(AwsScheme, "internal"), new(AwsInternal, "true"))
        {
            Certificates = [Beta + "aws-load-balancer-ssl-cert"],
            CertificatePorts = Beta + "aws-load-balancer-ssl-ports",
        },
        new(CloudProvider.Gcp, IsInternalOfGke, new KeyValuePair<string, string>(GkeType, "Internal")) { Former = OldGkeType },
        Of(CloudProvider.Azure, Beta + "azure-load-balancer-internal", "true"),
        new(CloudProvider.Oci, IsInternalOfOci, new(OciInternal, "true"), new(OciNlbInternal, "true"))
        {
            Certificates = [Beta + "oci-load-balancer-tls-secret"],
            CertificatePorts = Beta + "oci-load-balancer-ssl-ports",
        },
        new(
            CloudProvider.Alibaba,
            service => (Value(service, AlibabaType) ?? Value(service, OldAlibabaType)) == "intranet",
            new KeyValuePair<string, string>(AlibabaType, "intranet"))
        {
            Former = OldAlibabaType,
            Certificates = [Beta + "alibaba-cloud-loadbalancer-cert-id", Beta + "alicloud-loadbalancer-cert-id"],
        },
        Of(CloudProvider.Ibm, "service.kubernetes.io/ibm-load-balancer-cloud-provider-ip-type", "private"),
        new(CloudProvider.Tencent, service => Value(service, "service.kubernetes.io/qcloud-loadbalancer-internal-subnetid") is { Length: > 0 }),
        new(
            CloudProvider.DigitalOcean,
            service => Value(service, Beta + "do-loadbalancer-network") == "INTERNAL",
            new KeyValuePair<string, string>(Beta + "do-loadbalancer-network", "INTERNAL"))
        {
            Certificates = [Beta + "do-loadbalancer-certificate-id", Beta + "do-loadbalancer-certificate-name"],
            CertificatePorts = Beta + "do-loadbalancer-tls-ports",
        },
        Of(CloudProvider.Scaleway, Beta + "scw-loadbalancer-private", "true"),
        Of(CloudProvider.OpenStack, Beta + "openstack-internal-load-balancer", "true"),
    ];

    /// <summary>Which.</summary>
    public CloudProvider Provider { get; }

    /// <summary>The annotations that together make a load balancer internal, for any controller of the cloud; none if that needs a value that the author chooses.</summary>
    public ImmutableArray<KeyValuePair<string, string>> Internals { get; }

    /// <summary>The former name of one of them, still in use; null if there is none.</summary>
    public string? Former { get; private init; }

    /// <summary>The annotations that name a certificate, the preferred one first; none if annotations do not configure certificates.</summary>
    public ImmutableArray<string> Certificates { get; private init; } = [];

    /// <summary>The annotation that lists the ports to encrypt; null if there is none.</summary>
    public string? CertificatePorts { get; private init; }

    /// <summary>The clouds that a policy selects.</summary>
    public static ImmutableArray<Cloud> Of(CloudProvider provider) => provider == CloudProvider.Any ? All : [All.Single(cloud => cloud.Provider == provider)];

    /// <summary>
    /// Whether the load balancer of a Service reaches the pods through node ports, so that it needs them: a Classic Load Balancer, a Network Load Balancer with instance targets, and
    /// those of several other clouds.
    /// </summary>
    /// <param name="provider">Whose load balancers the cluster has, where the policy says so.</param>
    /// <param name="service">A Service of type LoadBalancer.</param>
    public static bool NeedsNodePorts(CloudProvider provider, Service service)
    {
        if (service.LoadBalancerClass is not (null or "service.k8s.aws/nlb" or "eks.amazonaws.com/nlb"))
            return false;
        if (provider == CloudProvider.Aws || service.LoadBalancerClass is not null || Begins(service, Beta + "aws-load-balancer-"))
            return Value(service, Beta + "aws-load-balancer-nlb-target-type") != "ip" && Value(service, Beta + "aws-load-balancer-type") != "nlb-ip";

        return provider is not (CloudProvider.Any or CloudProvider.Gcp or CloudProvider.Azure) || ThroughNodePorts.Any(start => Begins(service, start));
    }

    /// <summary>Whether its controller gives the Service no public address.</summary>
    public bool IsInternal(Service service) => _isInternal(service);

    /// <summary>Whether the Service states, in any form, if its load balancer is internal.</summary>
    public bool IsTold(Service service) =>
        Internals.Any(mark => Value(service, mark.Key) is not null)
        || (Former is { } former && Value(service, former) is not null)
        || (Provider == CloudProvider.Gcp && service.LoadBalancerClass is not null);

    /// <summary>Whether the AWS Load Balancer Controller serves it, not the cloud controller.</summary>
    private static bool IsOfAwsController(Service service) =>
        service.LoadBalancerClass is "service.k8s.aws/nlb" or "eks.amazonaws.com/nlb" || Value(service, Beta + "aws-load-balancer-type") is "external" or "nlb-ip";

    private static bool IsInternalOfAws(Service service) => IsOfAwsController(service) && Value(service, AwsScheme) is { } scheme
        ? scheme == "internal"
        : Value(service, AwsInternal) == "true";

    private static bool IsInternalOfGke(Service service) => service.LoadBalancerClass switch
    {
        "networking.gke.io/l4-regional-internal" or "networking.gke.io/l4-regional-internal-legacy" => true,
        "networking.gke.io/l4-regional-external" or "networking.gke.io/l4-regional-external-legacy" => false,
        _ => (Value(service, GkeType) ?? Value(service, OldGkeType)) is "Internal" or "internal",
    };

    private static bool IsInternalOfOci(Service service) =>
        IsTrue(Value(service, Value(service, "oci.oraclecloud.com/load-balancer-type") == "nlb" ? OciNlbInternal : OciInternal));

    /// <summary>A cloud with one value of one annotation.</summary>
    private static Cloud Of(CloudProvider provider, string annotation, string value) =>
        new(provider, service => Value(service, annotation) == value, KeyValuePair.Create(annotation, value));

    private static bool Begins(Service service, string start) => service.Metadata.Annotations.Any(entry => entry.Key.StartsWith(start, StringComparison.Ordinal));

    private static string? Value(Service service, string annotation) => service.Metadata.Annotations[annotation];

    /// <summary>Go's ParseBool.</summary>
    private static bool IsTrue(string? value) => value is "1" or "t" or "T" or "true" or "TRUE" or "True";
}
