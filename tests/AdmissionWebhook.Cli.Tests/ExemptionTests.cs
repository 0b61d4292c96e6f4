using System.Globalization;

namespace AdmissionWebhook.Cli.Tests;

public sealed class ExemptionTests : IDisposable
{
    /// <summary>When the exemption of <see cref="Manifests.Exemption"/> ends.</summary>
    private static readonly DateTimeOffset End = DateTimeOffset.Parse("2027-01-31T18:00:00Z", CultureInfo.InvariantCulture);

    private readonly Cli _cli = new();
    private readonly string _policy;

    public ExemptionTests() =>
        _policy = _cli.Write("policy.yaml", Manifests.Bundle(Manifests.Policy("{service-no-node-port: {}}"), Manifests.Exemption(", namespace: shop")));

    [Fact]
    public void Check_and_audit_end_an_exemption_at_the_same_instant()
    {
        var stored = _cli.Write("stored.yaml", Manifests.NodePort);

        foreach (var (time, exitCode) in new[] { (End.AddTicks(-1), 0), (End, 1) })
        {
            Assert.Equal(exitCode, Run(time, "check", stored).ExitCode);
            Assert.Equal(exitCode, Run(time, "audit", "--cluster", stored).ExitCode);
        }
    }

    [Fact]
    public void Reports_an_exempted_violation_without_a_failure()
    {
        var stored = _cli.Write("stored.yaml", Manifests.NodePort);

        var runs = new[] { Run(End.AddDays(-1), "check", stored, "--fail-on", "audit"), Run(End.AddDays(-1), "audit", "--cluster", stored, "--fail-on", "audit") };

        Assert.All(runs, run => Assert.Equal(
            (0, $"""
            Service shop/debug: allowed
              {stored}:5: exempted by shop/legacy: spec.type: type NodePort is not allowed, because it opens the Service on every node. Use type ClusterIP behind an Ingress or a Gateway. [service-no-node-port]

            1 object: 1 exempted.

            """),
            (run.ExitCode, run.Output)));
    }

    [Fact]
    public void The_JSON_report_names_the_exemption()
    {
        var run = Run(End.AddDays(-1), "check", _cli.Write("stored.yaml", Manifests.NodePort), "--output", "json");

        var finding = Assert.Single(run.Findings());
        Assert.Equal(("Off", "exempted", "shop/legacy"), (JsonResults.Text(finding["enforcement"]), JsonResults.Text(finding["status"]), JsonResults.Text(finding["exemption"])));
        Assert.Contains("\"exempted\": 1", run.Output, StringComparison.Ordinal);
    }

    [Fact]
    public void A_terminal_shows_exempted_findings_dim()
    {
        var run = Cli.Run(new FakeTimeProvider(End.AddDays(-1)), Manifests.NodePort, isTerminal: true, "check", "-", "--policy", _policy);

        Assert.Contains("\e[2mexempted by", run.Output.Replace("-:5: ", "", StringComparison.Ordinal), StringComparison.Ordinal);
    }

    [Fact]
    public void Exempts_a_user()
    {
        var policy = _cli.Write("users.yaml", Manifests.Policy("{service-no-node-port: {exempt: {serviceAccounts: [ops/*]}}}"));

        Assert.Equal(0, Cli.Check(Manifests.NodePort, "--policy", policy, "--user", "system:serviceaccount:ops:deployer").ExitCode);
        Assert.Equal(1, Cli.Check(Manifests.NodePort, "--policy", policy, "--user", "system:serviceaccount:ops-x:deployer").ExitCode);
        Assert.Equal(1, Cli.Check(Manifests.NodePort, "--policy", policy).ExitCode);
    }

    [Fact]
    public void Exempts_a_group_of_the_user()
    {
        var policy = _cli.Write("groups.yaml", Manifests.Policy("{service-no-node-port: {exempt: {groups: [developers]}}}"));

        Assert.Equal(0, Cli.Check(Manifests.NodePort, "--policy", policy, "--group", "system:authenticated", "--group", "developers").ExitCode);
        Assert.Equal(1, Cli.Check(Manifests.NodePort, "--policy", policy, "--group", "system:authenticated").ExitCode);
        Assert.Equal(1, Cli.Check(Manifests.NodePort, "--policy", policy).ExitCode);
    }

    public void Dispose() => _cli.Dispose();

    private Run Run(DateTimeOffset time, params string[] args) => Cli.Run(new FakeTimeProvider(time), "", isTerminal: false, [.. args, "--policy", _policy]);
}
