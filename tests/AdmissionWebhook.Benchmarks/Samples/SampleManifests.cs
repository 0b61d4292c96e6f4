namespace AdmissionWebhook.Benchmarks.Samples;

/// <summary>The sample cluster as people keep it in Git: YAML without the fields that servers add.</summary>
internal static class SampleManifests
{
    private const int DocumentsPerFile = 200;

    /// <summary>Writes so many Ingresses and as many Services into a folder: one half in a file each, the other half with many documents in a file.</summary>
    public static void Write(string folder, int ofEach)
    {
        File.WriteAllText(Path.Combine(folder, "ingress-class.yaml"), SampleCluster.IngressClass);
        for (var i = 0; i < ofEach / 2; i++)
        {
            File.WriteAllText(Path.Combine(folder, $"ingress-{i}.yaml"), Ingress(i));
            File.WriteAllText(Path.Combine(folder, $"service-{i}.yaml"), Service(i));
        }

        var rest = Enumerable.Range(ofEach / 2, ofEach - (ofEach / 2)).SelectMany(i => new[] { Service(i), Ingress(i) });
        foreach (var (file, documents) in rest.Chunk(DocumentsPerFile).Index())
            File.WriteAllText(Path.Combine(folder, $"bundle-{file}.yaml"), string.Join("---\n", documents));
    }

    private static string Service(int i) =>
        $$"""
        apiVersion: v1
        kind: Service
        metadata:
          name: service-{{i}}
          namespace: {{SampleCluster.NamespaceOf(i)}}
          labels:
            app.kubernetes.io/name: service-{{i}}
        spec:
          selector:
            app.kubernetes.io/name: service-{{i}}
          ports:
            - name: http
              port: 80
              targetPort: 8080

        """;

    private static string Ingress(int i) =>
        $$"""
        apiVersion: networking.k8s.io/v1
        kind: Ingress
        metadata:
          name: ingress-{{i}}
          namespace: {{SampleCluster.NamespaceOf(i)}}
          labels:
            app.kubernetes.io/name: ingress-{{i}}
          annotations:
            cert-manager.io/cluster-issuer: internal
        spec:
          ingressClassName: nginx
          tls:
            - hosts:
                - {{SampleCluster.HostOf($"ingress-{i}")}}
              secretName: ingress-{{i}}-tls
          rules:
            - host: {{SampleCluster.HostOf($"ingress-{i}")}}
              http:
                paths:
                  - path: /
                    pathType: Prefix
                    backend:
                      service:
                        name: service-{{i}}
                        port:
                          number: 80

        """;
}
