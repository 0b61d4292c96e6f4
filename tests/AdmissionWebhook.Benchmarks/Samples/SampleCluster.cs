using System.Text;
using AdmissionWebhook.Policy.Kinds;
using AdmissionWebhook.TestSupport;

namespace AdmissionWebhook.Benchmarks.Samples;

/// <summary>A cluster of any size, as its API server keeps it: JSON with the fields that servers add. The shipped policy has nothing to say about it.</summary>
internal static class SampleCluster
{
    /// <summary>As many Ingresses and Services as a large cluster has: 12,000 and 13,000.</summary>
    public const int Large = 25_000;

    private const int NamespaceSize = 50;

    private const string IngressFields = """{"f:ingressClassName":{},"f:rules":{},"f:tls":{}}""";

    private const string ServiceFields =
        """
        {"f:internalTrafficPolicy":{},"f:ports":{".":{},"k:{\"port\":80,\"protocol\":\"TCP\"}":{".":{},"f:name":{},"f:port":{},"f:protocol":{},"f:targetPort":{}}},
        "f:selector":{},"f:sessionAffinity":{},"f:type":{}}
        """;

    /// <summary>The sizes that are compared.</summary>
    public static ImmutableArray<int> Sizes { get; } = [10, 1_000, Large];

    public static string IngressClass => """{"apiVersion":"networking.k8s.io/v1","kind":"IngressClass","metadata":{"name":"nginx"},"spec":{"controller":"k8s.io/ingress-nginx"}}""";

    public static string NamespaceOf(int i) => $"team-{i / NamespaceSize}";

    public static string HostOf(string ingress) => $"{ingress}.apps.example.com";

    /// <summary>So many Ingresses and Services, and the class of the Ingresses.</summary>
    public static IEnumerable<KubernetesObject> Read(int objects) => Of(objects).Select(sample => sample.Kind.Read(Encoding.UTF8.GetBytes(sample.Json)));

    /// <summary>An API server that keeps them.</summary>
    public static async Task<FakeApiServer> StartAsync(int objects)
    {
        Console.Error.WriteLine($"Filling a cluster with {objects:N0} objects…");
        var server = await FakeApiServer.StartAsync();
        foreach (var (_, json) in Of(objects))
            server.Put(json);
        return server;
    }

    /// <summary>An Ingress with one path for each of the Services.</summary>
    public static string Ingress(string name, string @namespace, IEnumerable<int> services) =>
        $$$"""
        {"apiVersion":"networking.k8s.io/v1","kind":"Ingress","metadata":{{{Metadata(name, @namespace, IngressFields)}}},
        "spec":{"ingressClassName":"nginx","rules":[{"host":"{{{HostOf(name)}}}","http":{"paths":[{{{string.Join(',', services.Select(Path))}}}]} }],
        "tls":[{"hosts":["{{{HostOf(name)}}}"],"secretName":"{{{name}}}-tls"}]},"status":{"loadBalancer":{} }}
        """;

    private static IEnumerable<(ResourceKind Kind, string Json)> Of(int objects)
    {
        // In a large cluster 12 of 25 are Ingresses.
        var ingresses = objects * 12 / 25;
        yield return (ResourceKind.IngressClass, IngressClass);
        for (var i = 0; i < objects - ingresses; i++)
            yield return (ResourceKind.Service, Service(i));
        for (var i = 0; i < ingresses; i++)
            yield return (ResourceKind.Ingress, Ingress($"ingress-{i}", NamespaceOf(i), [i]));
    }

    private static string Service(int i) =>
        $$$"""
        {"apiVersion":"v1","kind":"Service","metadata":{{{Metadata($"service-{i}", NamespaceOf(i), ServiceFields)}}},
        "spec":{"clusterIP":"10.1.{{{i / 250}}}.{{{i % 250}}}","clusterIPs":["10.1.{{{i / 250}}}.{{{i % 250}}}"],"internalTrafficPolicy":"Cluster","ipFamilies":["IPv4"],"ipFamilyPolicy":"SingleStack",
        "ports":[{"name":"http","port":80,"protocol":"TCP","targetPort":8080}],"selector":{"app.kubernetes.io/name":"service-{{{i}}}"},"sessionAffinity":"None","type":"ClusterIP"},"status":{"loadBalancer":{} }}
        """;

    private static string Path(int service, int position) =>
        $$$"""{"backend":{"service":{"name":"service-{{{service}}}","port":{"number":80} } },"path":"/path-{{{position}}}","pathType":"Prefix"}""";

    private static string Metadata(string name, string @namespace, string spec) =>
        $$$"""
        {"name":"{{{name}}}","namespace":"{{{@namespace}}}","uid":"{{{Guid.NewGuid()}}}","generation":1,"creationTimestamp":"2026-01-31T08:15:00Z",
        "labels":{"app.kubernetes.io/instance":"{{{name}}}","app.kubernetes.io/managed-by":"Helm","app.kubernetes.io/name":"{{{name}}}","helm.sh/chart":"web-1.4.2"},
        "annotations":{"cert-manager.io/cluster-issuer":"internal","meta.helm.sh/release-name":"{{{name}}}","meta.helm.sh/release-namespace":"{{{@namespace}}}"},
        "managedFields":[{"manager":"helm","operation":"Update","apiVersion":"v1","time":"2026-01-31T08:15:00Z","fieldsType":"FieldsV1","fieldsV1":{"f:metadata":{
        "f:annotations":{".":{},"f:cert-manager.io/cluster-issuer":{},"f:meta.helm.sh/release-name":{},"f:meta.helm.sh/release-namespace":{}},
        "f:labels":{".":{},"f:app.kubernetes.io/instance":{},"f:app.kubernetes.io/managed-by":{},"f:app.kubernetes.io/name":{},"f:helm.sh/chart":{} }},"f:spec":{{{spec}}} }}]}
        """;
}
