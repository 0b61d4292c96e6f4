namespace AdmissionWebhook.Cli.Tests;

public sealed class RatchetTests : IDisposable
{
    private const string Unready = "ratchet: {enabled: false}";
    private static readonly string Labelled = Manifests.NodePort.Replace("namespace: shop", "namespace: shop, labels: {team: shop}", StringComparison.Ordinal);

    private readonly Cli _cli = new();

    [Fact]
    public void Reports_an_existing_violation_as_a_warning()
    {
        var old = _cli.Write("old.yaml", Manifests.NodePort);

        var run = Cli.Check(Manifests.NodePort + "\n  externalIPs: [203.0.113.10]", "--old", old);

        Assert.Equal(1, run.ExitCode);
        Assert.Contains("  -:5: Warn  spec.type\n    existing violation, not denied on update: type NodePort is not allowed, because it opens the Service on every node. Use type ClusterIP behind an Ingress or a Gateway. [service-no-node-port]", run.Output, StringComparison.Ordinal);
        Assert.Contains("  -:8: Deny  spec.externalIPs[0]", run.Output, StringComparison.Ordinal);
        Assert.Equal("old", JsonResults.Text(Cli.Check(Manifests.NodePort, "--old", old, "--output", "json").Findings()[0]["status"]));
    }

    [Fact]
    public void Without_the_ratchet_allows_a_label_change_but_not_a_spec_change()
    {
        var policy = Policy(Unready);
        var old = _cli.Write("old.yaml", Manifests.NodePort);

        Assert.Equal(0, Cli.Check(Labelled, "--old", old, "--policy", policy).ExitCode);
        Assert.Equal(1, Cli.Check(Labelled.Replace("port: 80", "port: 81", StringComparison.Ordinal), "--old", old, "--policy", policy).ExitCode);
    }

    [Fact]
    public async Task Compares_with_the_live_copy_as_the_API_server_serves_it()
    {
        await using var server = await LiveServer.StartAsync(Manifests.NodePort);
        var policy = Policy(Unready);

        Assert.Equal(0, server.Check(Labelled, "--policy", policy).ExitCode);
        Assert.Equal(1, server.Check(Labelled.Replace("port: 80", "port: 81", StringComparison.Ordinal), "--policy", policy).ExitCode);
    }

    [Fact]
    public void Leaving_out_a_default_changes_nothing()
    {
        var policy = _cli.Write("defaults.yaml", Manifests.Policy($"{{ingress-tls-required: {{{Unready}}}, ingress-default-path-type: {{}}}}"));
        var stored = Manifests.Ingress("web", "number: 80").Replace("  tls: [{hosts: [shop.example.com], secretName: web-tls}]\n", "", StringComparison.Ordinal);
        var written = stored.Replace("            pathType: Prefix\n", "", StringComparison.Ordinal);

        Assert.NotEqual(stored, written);
        Assert.Equal(0, Cli.Check(written, "--old", _cli.Write("stored.yaml", stored), "--policy", policy).ExitCode);
        Assert.Equal(0, Cli.Check(written, "--old", _cli.Write("written.yaml", written), "--policy", policy).ExitCode);
    }

    [Fact]
    public void An_audit_denies_existing_violations()
    {
        var stored = _cli.Write("stored.yaml", Manifests.NodePort);

        Assert.Equal(1, Cli.Run("audit", "--cluster", stored).ExitCode);
    }

    public void Dispose() => _cli.Dispose();

    private string Policy(string setting) => _cli.Write("policy.yaml", Manifests.Policy($"{{service-no-node-port: {{{setting}}}}}"));
}
