namespace AdmissionWebhook.EndToEnd.Tests.Installation;

/// <summary>The webhook runs with a token of its service account, and the API server records what it does with that.</summary>
public sealed class ServiceAccountTests(AuditedControlPlane cluster) : IClassFixture<AuditedControlPlane>
{
    [Fact]
    public async Task The_permissions_are_exactly_those_that_the_server_uses()
    {
        Assert.SkipUnless(ControlPlane.IsPresent, ControlPlane.Absent);
        var @namespace = await cluster.CreateNamespaceAsync();
        await cluster.KubectlAsync("""
            apiVersion: policy.admissionwebhook.dev/v1alpha1
            kind: TrafficPolicyExemption
            metadata: {name: web}
            spec: {rules: [ingress-host-allowed], names: [web], reason: Moving, owner: team-shop, expiresAt: 2999-01-31T18:00:00Z}
            """, "create", "-n", @namespace, "-f", "-");
        await cluster.KubectlAsync("""
            apiVersion: policy.admissionwebhook.dev/v1alpha1
            kind: TrafficPolicy
            metadata: {name: endpoints}
            spec: {rules: {service-selector-matches: {enforcement: Audit} } }
            """, "create", "-f", "-");
        await AcceptedAsync("tp/organisation", "tpe/web", $"--namespace={@namespace}");
        await cluster.KubectlAsync(Ingress("first"), "create", "-n", "default", "-f", "-", "--as=admin", "--as-group=system:masters", "--as-group=admission-webhook:break-glass");

        // The second claims the host of the first once more, for the same namespace.
        await cluster.KubectlAsync(Good("fifth"), "create", "-n", @namespace, "-f", "-");
        await cluster.KubectlAsync(Good("sixth"), "create", "-n", @namespace, "-f", "-");

        // Each of these is denied, and each denial rests on objects of another kind.
        await DeniedAsync(@namespace, Ingress("second"), "ingress-host-conflict");
        await DeniedAsync(@namespace, Ingress("third"), "ingress-backend-service-exists");
        await DeniedAsync(@namespace, Ingress("fourth").Replace("nginx", "absent", StringComparison.Ordinal), "ingress-class-exists");
        await DeniedAsync(@namespace, $"{{apiVersion: v1, kind: Service, metadata: {{name: internal}}, spec: {{type: ExternalName, externalName: web.{@namespace}}}}}", "service-external-name");

        var granted = Rendered.Config("rbac").Where(role => role["rules"] is not null && (string?)role["metadata"]!["name"] == "admission-webhook").SelectMany(Permission.Of).ToHashSet();
        await cluster.UntilAsync("the endpoints are watched", async () => (await cluster.ReadRequestsAsync())[true].Any(request => request is { Verb: "watch", Resource: "endpointslices" }));
        await cluster.UntilAsync("the lease is renewed", async () => (await cluster.ReadRequestsAsync())[true].Count(request => request is { Verb: "update", Resource: "leases" }) > 1);
        await cluster.UntilAsync("the claims have ended", async () => (await cluster.ReadRequestsAsync())[true].Any(request => request is { Verb: "delete", Resource: "leases" }));
        var requests = await cluster.ReadRequestsAsync();

        Assert.Empty(requests[false]);
        var used = requests[true].Select(request => granted.Contains(request) ? request : request with { Name = "" }).ToHashSet();
        Assert.Empty(used.Except(granted));
        Assert.Empty(granted.Except(used));
    }

    private async Task AcceptedAsync(string policy, string exemption, string @namespace)
    {
        const string Message = "-o=jsonpath={.status.conditions[0].status}";
        await cluster.UntilAsync("the policy is accepted", async () => await cluster.KubectlAsync("", "get", policy, Message) == "True");
        await cluster.UntilAsync("the exemption is accepted", async () => await cluster.KubectlAsync("", "get", exemption, @namespace, Message) == "True");
    }

    private async Task DeniedAsync(string @namespace, string manifest, string rule)
    {
        var (exitCode, output) = await cluster.TryKubectlAsync(manifest, "create", "--dry-run=server", "-n", @namespace, "-f", "-");
        Assert.Contains($"[{rule}]", output, StringComparison.Ordinal);
        Assert.Equal(1, exitCode);
    }

    private static string Good(string name) => Ingress(name).Replace("www.example.com", "claimed.example.com", StringComparison.Ordinal).Replace("{service: {name: missing, port: {number: 80} } }", "{resource: {apiGroup: example.com, kind: Bucket, name: files} }", StringComparison.Ordinal);

    private static string Ingress(string name) => $$"""
        apiVersion: networking.k8s.io/v1
        kind: Ingress
        metadata: {name: {{name}} }
        spec:
          ingressClassName: nginx
          tls: [{hosts: [www.example.com], secretName: example-tls}]
          rules: [{host: www.example.com, http: {paths: [{path: /, pathType: Prefix, backend: {service: {name: missing, port: {number: 80} } } }] } }]
        """;
}
