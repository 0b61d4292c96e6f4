using System.Text;

namespace AdmissionWebhook.Benchmarks;

/// <summary>As many Services and Ingresses as wanted, with the managedFields and annotations that real ones carry.</summary>
internal static class SampleCluster
{
    private static readonly string ManagedFields = $$"""[{manager: kubectl, operation: Apply, fieldsType: FieldsV1, fieldsV1: {"f:metadata": {{Deep(12)}}, "f:spec": {{Deep(24)}} } }]""";

    public static string Service(int i) =>
        $$"""
        apiVersion: v1
        kind: Service
        metadata: {name: service-{{i}}, namespace: team-{{i % 200}}, labels: {app: app-{{i}} }, uid: 00000000-0000-0000-0000-{{i:D12}}, managedFields: {{ManagedFields}} }
        spec: {type: ClusterIP, clusterIP: 10.1.{{i / 250}}.{{i % 250}}, selector: {app: app-{{i}} }, ports: [{name: http, port: 80, protocol: TCP, targetPort: 8080}]}
        """;

    public static string Ingress(int i, int paths = 1)
    {
        var text = new StringBuilder();
        for (var path = 0; path < paths; path++)
            text.Append($"{{path: /path-{path}, pathType: Prefix, backend: {{service: {{name: service-{i}, port: {{number: 80}}}}}}}},");
        return $$"""
            apiVersion: networking.k8s.io/v1
            kind: Ingress
            metadata: {name: ingress-{{i}}, namespace: team-{{i % 200}}, annotations: {cert-manager.io/cluster-issuer: internal}, uid: 00000000-0000-0000-0001-{{i:D12}}, managedFields: {{ManagedFields}} }
            spec: {ingressClassName: nginx, tls: [{hosts: [app-{{i}}.apps.example.com], secretName: tls-{{i}} }], rules: [{host: app-{{i}}.apps.example.com, http: {paths: [{{text}}]} }]}
            """;
    }

    public static string IngressClass => "{apiVersion: networking.k8s.io/v1, kind: IngressClass, metadata: {name: nginx}, spec: {controller: k8s.io/ingress-nginx}}";

    private static string Deep(int fields) => "{" + string.Join(", ", Enumerable.Range(0, fields).Select(i => $"\"f:field-{i}\": {{}}")) + "}";
}
