using System.Text.Json.Nodes;
using AdmissionWebhook.TestSupport;

namespace AdmissionWebhook.EndToEnd.Tests;

/// <summary>What an API server makes of the defaults of Ingresses, and of rules that read Secrets.</summary>
public sealed class IngressDefaultTests(PolicyControlPlane cluster) : IClassFixture<PolicyControlPlane>
{
    [Fact]
    public async Task Fills_in_class_TLS_and_annotations_and_a_second_apply_changes_nothing()
    {
        Assert.SkipUnless(ControlPlane.IsPresent, ControlPlane.Absent);
        var @namespace = await CreateNamespaceAsync(
            "ingress-default-class-from-annotation: {enforcement: Apply}",
            "ingress-default-tls: {enforcement: Apply, parameters: {clusterIssuer: letsencrypt} }",
            "ingress-default-annotations: {enforcement: Apply, parameters: {controller: ingress-nginx, annotations: {nginx.ingress.kubernetes.io/proxy-body-size: 8m} } }");
        var bare = Ingress(@namespace, "annotations: {kubernetes.io/ingress.class: nginx}", "");

        await cluster.UntilAsync("the policy is in force", async () => (await cluster.TryKubectlAsync(bare, "create", "--dry-run=server", "-n", @namespace, "-o", "yaml", "-f", "-")).Output.Contains("letsencrypt", StringComparison.Ordinal));
        await cluster.KubectlAsync(bare, "apply", "--server-side", "-n", @namespace, "-f", "-");
        await cluster.KubectlAsync(bare, "apply", "--server-side", "-n", @namespace, "-f", "-");
        var difference = await cluster.TryKubectlAsync(bare, "diff", "--server-side", "-n", @namespace, "-f", "-");

        var stored = JsonNode.Parse(await cluster.KubectlAsync("", "get", "ingress", "web", "-n", @namespace, "-o", "json"))!;
        Assert.Equal("nginx", (string?)stored["spec"]!["ingressClassName"]);
        Assert.Equal($$"""[{"hosts":["{{@namespace}}.example.com"],"secretName":"web-tls"}]""", stored["spec"]!["tls"]!.ToJsonString());
        Assert.Equal(("nginx", "letsencrypt", "8m"), (Annotation("kubernetes.io/ingress.class"), Annotation("cert-manager.io/cluster-issuer"), Annotation("nginx.ingress.kubernetes.io/proxy-body-size")));
        Assert.Equal((0, ""), difference);
        Assert.Equal(1, (int)stored["metadata"]!["generation"]!);

        string? Annotation(string name) => (string?)stored["metadata"]!["annotations"]![name];
    }

    [Fact]
    public async Task Checks_certificates_once_permitted_and_knows_a_new_Secret_at_once()
    {
        Assert.SkipUnless(ControlPlane.IsPresent, ControlPlane.Absent);
        var @namespace = await CreateNamespaceAsync("ingress-tls-secret: {enforcement: Deny}");
        var ingress = Ingress(@namespace, "", "tls: [{hosts: [localhost], secretName: web-tls}]");
        var folder = Directory.CreateTempSubdirectory();
        using var certificates = new TestCertificates(folder.FullName);
        var (certificateFile, keyFile) = certificates.Issue("web", "CN=web");

        var unknown = await cluster.TryKubectlAsync(ingress, "create", "--dry-run=server", "-n", @namespace, "-f", "-");
        await cluster.KubectlAsync("", "apply", "-f", Repository.PathOf("config", "rbac", "tls-secrets"));
        await cluster.KubectlAsync("", "create", "clusterrolebinding", "tls-secrets", "--clusterrole=admission-webhook-tls-secrets", "--user=admission-webhook");
        await cluster.UntilAsync("the webhook reports a missing Secret", async () => (await cluster.TryKubectlAsync(ingress, "create", "--dry-run=server", "-n", @namespace, "-f", "-")).Output.Contains("of type kubernetes.io/tls does not exist", StringComparison.Ordinal));
        await cluster.KubectlAsync("", "create", "secret", "generic", "opaque", "-n", @namespace, $"--from-file=tls.crt={certificateFile}", $"--from-file=tls.key={keyFile}");
        var opaque = await cluster.TryKubectlAsync(ingress.Replace("web-tls", "opaque", StringComparison.Ordinal), "create", "-n", @namespace, "-f", "-");
        await cluster.KubectlAsync("", "create", "secret", "tls", "web-tls", "-n", @namespace, $"--cert={certificateFile}", $"--key={keyFile}");
        var known = await cluster.TryKubectlAsync(ingress, "create", "-n", @namespace, "-f", "-");

        folder.Delete(recursive: true);
        Assert.True(unknown.ExitCode == 0, unknown.Output);
        Assert.Contains("Secret \"opaque\" must be of type kubernetes.io/tls, found \"Opaque\"", opaque.Output, StringComparison.Ordinal);
        Assert.True(known.ExitCode == 0, known.Output);
    }

    private async Task<string> CreateNamespaceAsync(params string[] rules)
    {
        var @namespace = await cluster.CreateNamespaceAsync();
        await cluster.KubectlAsync("{apiVersion: v1, kind: Service, metadata: {name: web}, spec: {ports: [{name: http, port: 80}]}}", "create", "-n", @namespace, "-f", "-");
        await cluster.KubectlAsync($"""
            apiVersion: policy.admissionwebhook.dev/v1alpha1
            kind: TrafficPolicy
            metadata:
              name: {@namespace}
            spec:
              namespaces:
                include: [{@namespace}]
              rules:
                {string.Join("\n    ", rules)}
            """, "apply", "-f", "-");
        return @namespace;
    }

    private static string Ingress(string @namespace, string metadata, string spec) => $"""
        apiVersion: networking.k8s.io/v1
        kind: Ingress
        metadata:
          name: web
          {metadata}
        spec:
          {(spec.Length > 0 ? "ingressClassName: nginx" : "")}
          {spec}
          rules:
            - host: {(spec.Length > 0 ? "localhost" : $"{@namespace}.example.com")}
              http:
                paths:
                  - path: /
                    pathType: Prefix
                    backend:
                      service:
                        name: web
                        port:
                          number: 80
        """;
}
