namespace AdmissionWebhook.Cli.Tests;

public sealed class KubeconfigTests
{
    [Theory]
    [InlineData("check", "-")]
    [InlineData("audit")]
    public async Task A_server_out_of_reach_is_named(params string[] command)
    {
        await using var server = await LiveServer.StartAsync();

        var run = Cli.Run(Manifests.NodePort, isTerminal: false, [.. command, "--kubeconfig", server.Kubeconfig, "--context", "nowhere"]);

        Assert.Equal((2, ""), (run.ExitCode, run.Output));
        Assert.Matches("^http://127.0.0.1:1/: cannot list .*services.*: Connection refused$", Assert.Single(run.ErrorLines));
    }

    [Fact]
    public async Task The_context_is_the_current_one_unless_another_is_chosen()
    {
        await using var server = await LiveServer.StartAsync();
        var kubeconfig = server.WriteKubeconfig("other", "nowhere: http://127.0.0.1:1", $"here: {server.Api.Address}");

        Assert.Equal(2, Cli.Run("audit", "--kubeconfig", kubeconfig).ExitCode);
        Assert.Equal(0, Cli.Run("audit", "--kubeconfig", kubeconfig, "--context", "here").ExitCode);
        var unknown = Cli.Run("audit", "--kubeconfig", kubeconfig, "--context", "prod");
        Assert.Equal(2, unknown.ExitCode);
        Assert.Contains("context \"prod\" does not exist", unknown.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_context_alone_is_looked_for_where_kubectl_looks()
    {
        await using var server = await LiveServer.StartAsync();
        var former = Environment.GetEnvironmentVariable("KUBECONFIG");
        try
        {
            Environment.SetEnvironmentVariable("KUBECONFIG", server.Kubeconfig);
            Assert.Equal(0, Cli.Check(Manifests.Ingress("web", "number: 80"), "--context", "here", "--fail-on", "audit").ExitCode);
            Assert.Equal(0, Cli.Run("audit").ExitCode);

            Environment.SetEnvironmentVariable("KUBECONFIG", "/nowhere");
            Assert.Equal("No file in KUBECONFIG exists.", Assert.Single(Cli.Run("audit").ErrorLines));
        }
        finally
        {
            Environment.SetEnvironmentVariable("KUBECONFIG", former);
        }
    }

    [Fact]
    public void A_kubeconfig_that_is_not_there_is_told_beside_all_other_mistakes()
    {
        var run = Cli.Run("check", "nowhere.yaml", "--kubeconfig", "/nowhere/config");

        Assert.Equal(2, run.ExitCode);
        Assert.Collection(
            run.ErrorLines,
            line => Assert.StartsWith("/nowhere/config: ", line, StringComparison.Ordinal),
            line => Assert.StartsWith("\"nowhere.yaml\": ", line, StringComparison.Ordinal));
    }

    [Fact]
    public async Task An_address_without_a_scheme_is_told_and_no_file_at_all_is_refused()
    {
        await using var server = await LiveServer.StartAsync();
        var kubeconfig = server.WriteKubeconfig("odd", "odd: localhost:6443");

        Assert.Contains("cannot list", Assert.Single(Cli.Run("audit", "--kubeconfig", kubeconfig).ErrorLines), StringComparison.Ordinal);
        Assert.Contains("--kubeconfig must name a file.", Cli.Run("audit", "--kubeconfig", "").ErrorLines);
    }

    [Theory]
    [InlineData("check", "-", "--kubeconfig", "config")]
    [InlineData("check", "-", "--context", "prod", "--kubeconfig", "config")]
    [InlineData("audit", "--context", "prod")]
    public void Manifests_and_a_live_cluster_exclude_each_other(params string[] args)
    {
        var run = Cli.Run(Manifests.NodePort, isTerminal: false, [.. args, "--cluster", Cli.SampleCluster]);

        Assert.Equal(2, run.ExitCode);
        Assert.Contains("must not be combined with", run.ErrorLines[0], StringComparison.Ordinal);
        Assert.Equal(2, run.ErrorLines.Length);
    }
}
