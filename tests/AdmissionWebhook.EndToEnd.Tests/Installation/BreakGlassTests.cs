namespace AdmissionWebhook.EndToEnd.Tests.Installation;

/// <summary>The way past the webhook that docs/operating.md shows.</summary>
public sealed class BreakGlassTests(ControlPlane cluster) : IClassFixture<ControlPlane>
{
    private const string Group = "admission-webhook:break-glass";
    private const string NodePort = "{apiVersion: v1, kind: Service, metadata: {name: debug}, spec: {type: NodePort, ports: [{port: 80}]}}";

    [Fact]
    public async Task Only_a_user_that_may_impersonate_the_group_bypasses_the_webhook()
    {
        Assert.SkipUnless(ControlPlane.IsPresent, ControlPlane.Absent);
        var @namespace = await cluster.CreateNamespaceAsync();
        var jane = $"system:serviceaccount:{@namespace}:jane";
        await cluster.KubectlAsync("", "create", "serviceaccount", "jane", "-n", @namespace);
        await cluster.KubectlAsync("", "create", "role", "services", "--verb=create", "--resource=services", "-n", @namespace);
        await cluster.KubectlAsync("", "create", "rolebinding", "services", "--role=services", $"--user={jane}", "-n", @namespace);
        var token = await cluster.KubectlAsync("", "create", "token", "jane", "-n", @namespace);
        await cluster.KubectlAsync("", "config", "set-credentials", "jane", $"--token={token.Trim()}");

        await cluster.UntilAsync("she is denied by policy alone", async () => (await CreateAsync()).Output.Contains("service-no-node-port", StringComparison.Ordinal));
        Assert.Contains("impersonate", (await CreateAsync($"--as={jane}", $"--as-group={Group}", "--as-group=system:authenticated")).Output, StringComparison.Ordinal);

        await cluster.KubectlAsync("", "create", "clusterrole", "break-glass", "--verb=impersonate", "--resource=groups", $"--resource-name={Group}", "--resource-name=system:authenticated");
        await cluster.KubectlAsync("", "create", "clusterrole", "break-glass-self", "--verb=impersonate", "--resource=serviceaccounts,users", "--resource-name=jane");
        await cluster.KubectlAsync("", "create", "clusterrolebinding", "break-glass", "--clusterrole=break-glass", $"--user={jane}");
        await cluster.KubectlAsync("", "create", "clusterrolebinding", "break-glass-self", "--clusterrole=break-glass-self", $"--user={jane}");

        await cluster.UntilAsync("the permissions are in effect", async () => (await CreateAsync($"--as={jane}", $"--as-group={Group}", "--as-group=system:authenticated")).ExitCode == 0);
        Assert.Contains("service-no-node-port", (await CreateAsync()).Output, StringComparison.Ordinal);

        Task<(int ExitCode, string Output)> CreateAsync(params string[] further) =>
            cluster.TryKubectlAsync(NodePort, ["create", "--validate=false", "--dry-run=server", "--user=jane", "-n", @namespace, "-f", "-", .. further]);
    }
}
