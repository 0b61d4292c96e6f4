namespace AdmissionWebhook.Cli.Tests;

public sealed class ExitCodeTests : IDisposable
{
    private readonly Cli _cli = new();

    [Theory]
    [InlineData("Deny", "deny", 1)]
    [InlineData("Deny", "WARN", 1)]
    [InlineData("Deny", "audit", 1)]
    [InlineData("Deny", "Never", 0)]
    [InlineData("Warn", "deny", 0)]
    [InlineData("Warn", "warn", 1)]
    [InlineData("Warn", "audit", 1)]
    [InlineData("Audit", "deny", 0)]
    [InlineData("Audit", "warn", 0)]
    [InlineData("Audit", "audit", 1)]
    [InlineData("Audit", "never", 0)]
    public void Fail_on_sets_the_lowest_level_that_exits_1(string enforcement, string failOn, int exitCode)
    {
        var policy = _cli.Write("policy.yaml", Manifests.Policy($"{{service-no-node-port: {{enforcement: {enforcement}}}}}"));

        Assert.Equal(exitCode, Cli.Check(Manifests.NodePort, "--policy", policy, "--fail-on", failOn).ExitCode);
    }

    [Fact]
    public void Exits_1_only_for_a_denial_by_default()
    {
        Assert.Equal(1, Cli.Check(Manifests.NodePort).ExitCode);
        Assert.Equal(0, Cli.Check(Manifests.SamePathTwice, "--cluster", Cli.SampleCluster).ExitCode);
        Assert.Equal(1, Cli.Check(Manifests.SamePathTwice, "--cluster", Cli.SampleCluster, "--fail-on", "warn").ExitCode);
    }

    [Fact]
    public void A_suggested_default_counts_as_a_warning()
    {
        var policy = _cli.Write("policy.yaml", Manifests.Policy("{ingress-default-path-type: {enforcement: Suggest}, schema-valid: {enforcement: \"Off\"}}"));

        Assert.Equal(0, Cli.Check(Manifests.SamePathTwice, "--policy", policy).ExitCode);
        Assert.Equal(1, Cli.Check(Manifests.SamePathTwice, "--policy", policy, "--fail-on", "warn").ExitCode);
    }

    public void Dispose() => _cli.Dispose();
}
