namespace AdmissionWebhook.Cli.Tests;

public sealed class KubeconfigTests
{
    [Theory]
    [InlineData("check", "-")]
    [InlineData("audit")]
    public async Task Names_an_unreachable_server(params string[] command)
    {
        await using var server = await LiveServer.StartAsync();

        var run = Cli.Run(Manifests.NodePort, isTerminal: false, [.. command, "--kubeconfig", server.Kubeconfig, "--context", "nowhere"]);

        Assert.Equal((2, ""), (run.ExitCode, run.Output));
        Assert.Matches("^http://127.0.0.1:1/: cannot list .*services.*: Connection refused$", Assert.Single(run.ErrorLines));
    }

    [Fact]
    public async Task Uses_the_current_context_unless_an_option_names_another()
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
    public async Task Looks_for_a_context_in_the_kubeconfig_of_kubectl()
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
    public void Reports_a_missing_kubeconfig_with_all_other_errors()
    {
        var run = Cli.Run("check", "nowhere.yaml", "--kubeconfig", "/nowhere/config");

        Assert.Equal(2, run.ExitCode);
        Assert.Collection(
            run.ErrorLines,
            line => Assert.StartsWith("/nowhere/config: ", line, StringComparison.Ordinal),
            line => Assert.StartsWith("\"nowhere.yaml\": ", line, StringComparison.Ordinal));
    }

    [Fact]
    public async Task Reports_an_address_without_a_scheme_and_rejects_an_empty_file_name()
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
    public void Rejects_manifests_together_with_a_live_cluster(params string[] args)
    {
        var run = Cli.Run(Manifests.NodePort, isTerminal: false, [.. args, "--cluster", Cli.SampleCluster]);

        Assert.Equal(2, run.ExitCode);
        Assert.Contains("must not be combined with", run.ErrorLines[0], StringComparison.Ordinal);
        Assert.Equal(2, run.ErrorLines.Length);
    }
}
