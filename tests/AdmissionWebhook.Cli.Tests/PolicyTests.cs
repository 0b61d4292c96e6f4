namespace AdmissionWebhook.Cli.Tests;

public sealed class PolicyTests : IDisposable
{
    private readonly Cli _cli = new();

    [Fact]
    public void A_given_policy_replaces_the_built_in_one()
    {
        var policy = _cli.Write("policy.yaml", Manifests.Policy("{service-no-node-port: {enforcement: Warn}}"));

        var run = Cli.Check(Manifests.NodePort, "--policy", policy);

        Assert.Equal(0, run.ExitCode);
        Assert.Contains("Service shop/debug: warned", run.Output, StringComparison.Ordinal);
    }

    [Fact]
    public void Combines_policies_from_files_and_folders()
    {
        var mild = _cli.Write("mild.yaml", Manifests.Policy("{service-no-node-port: {enforcement: Audit}}", "mild"));
        _cli.Write("strict/policy.yaml", Manifests.Policy("{service-no-node-port: {enforcement: Deny}}", "strict"));

        Assert.Equal(0, Cli.Check(Manifests.NodePort, "--policy", mild).ExitCode);
        Assert.Equal(1, Cli.Check(Manifests.NodePort, "--policy", mild, "--policy", _cli.PathOf("strict")).ExitCode);
    }

    [Fact]
    public void Reads_and_validates_exemptions_with_the_policies()
    {
        var policy = _cli.Write("policy.yaml", Manifests.Bundle(Manifests.Policy("{service-no-node-port: {}}"), Manifests.Exemption(", namespace: shop")));
        var wrong = _cli.Write("wrong.yaml", Manifests.Bundle(Manifests.Policy("{service-no-nodeport: {}}"), Manifests.Exemption(", namespace: shop", owner: "''")));

        Assert.Empty(Cli.Check(Manifests.NodePort, "--policy", policy).ErrorLines);
        Assert.Equal(
            [
                $"{wrong}:5: spec.rules.service-no-nodeport: rule \"service-no-nodeport\" does not exist; did you mean \"service-no-node-port\"?",
                $"{wrong}:13: spec.owner: is required; say whom to ask before the exemption expires.",
            ],
            Cli.Check(Manifests.NodePort, "--policy", wrong).ErrorLines);
    }

    [Fact]
    public void Validates_checked_policies_and_exemptions_without_enforcing_them()
    {
        var good = _cli.Write("good.yaml", Manifests.Bundle(Manifests.NodePort, Manifests.Policy("{}"), Manifests.Exemption(", namespace: shop")));
        var wrong = _cli.Write("wrong.yaml", Manifests.Bundle(Manifests.Policy("{service-no-nodeport: {}}"), Manifests.Exemption(", namespace: shop", owner: "''")));

        var (told, refused) = (Cli.Run("check", good), Cli.Run("check", wrong));

        Assert.Equal((1, 2), (told.ExitCode, refused.ExitCode));
        Assert.Contains("Service shop/debug: denied", told.Output, StringComparison.Ordinal);
        Assert.Equal([$"{wrong}:5", $"{wrong}:13"], refused.ErrorLines.Select(line => line[..line.IndexOf(": ", StringComparison.Ordinal)]));
    }

    [Fact]
    public void Reports_the_errors_of_a_checked_policy_file_once()
    {
        var policy = _cli.Write("policy.yaml", Manifests.Policy("{service-no-nodeport: {}}"));

        Assert.Single(Cli.Run("check", policy, "--policy", policy).ErrorLines);
    }

    [Fact]
    public void An_exemption_without_a_namespace_gets_that_of_the_objects()
    {
        var policy = _cli.Write("policy.yaml", Manifests.Bundle(Manifests.Policy("{service-no-node-port: {}}"), Manifests.Exemption()));

        Assert.Empty(Cli.Check(Manifests.NodePort, "--policy", policy, "--namespace", "shop").ErrorLines);
        Assert.Equal(
            $"{policy}:9: metadata.namespace: is required; an exemption applies only in its own namespace.",
            Assert.Single(Cli.Run("audit", "--cluster", Cli.SampleCluster, "--policy", policy).ErrorLines));
    }

    [Fact]
    public void Rejects_exemptions_without_a_policy()
    {
        var exemption = _cli.Write("exemption.yaml", Manifests.Exemption(", namespace: shop"));

        var run = Cli.Check(Manifests.NodePort, "--policy", exemption);

        Assert.Equal((2, $"{exemption}: a TrafficPolicy is required; found none"), (run.ExitCode, Assert.Single(run.ErrorLines)));
    }

    [Fact]
    public void Rejects_a_policy_folder_without_policies()
    {
        Directory.CreateDirectory(_cli.PathOf("none"));

        var run = Cli.Check(Manifests.NodePort, "--policy", _cli.PathOf("none"));

        Assert.Equal(2, run.ExitCode);
        Assert.Contains("a TrafficPolicy is required", run.Error, StringComparison.Ordinal);
    }

    [Fact]
    public void Only_runs_the_named_rules()
    {
        var manifest = Manifests.NodePort + "\n  externalIPs: [203.0.113.10]";

        Assert.Equal(["service-no-node-port", "service-external-ips"], Cli.Check(manifest, "--output", "json").Violated());
        Assert.Equal(["service-external-ips"], Cli.Check(manifest, "--output", "json", "--only", "service-external-ips").Violated());
    }

    [Fact]
    public void Only_denies_what_the_built_in_policy_does_not_enforce()
    {
        var foreign = Manifests.Ingress("web", "number: 80", host: "example.org");

        Assert.Equal(0, Cli.Check(foreign).ExitCode);
        Assert.Equal(1, Cli.Check(foreign, "--only", "ingress-host-allowed", "--only", "ingress-tls-required").ExitCode);
        Assert.Equal(1, Cli.Check(Manifests.SamePathTwice, "--only", "ingress-path-overlap").ExitCode);
    }

    [Fact]
    public void Only_keeps_the_enforcement_of_a_given_policy_and_denies_the_rest()
    {
        var policy = _cli.Write("policy.yaml", Manifests.Policy("{service-no-node-port: {enforcement: Warn}}"));

        var manifest = Manifests.NodePort + "\n  externalIPs: [203.0.113.10]";

        Assert.Equal(0, Cli.Check(manifest, "--policy", policy, "--only", "service-no-node-port").ExitCode);
        Assert.Equal(1, Cli.Check(manifest, "--policy", policy, "--only", "service-external-ips").ExitCode);
    }

    [Fact]
    public void Only_requires_the_required_parameters_of_its_rules()
    {
        var policy = _cli.Write("policy.yaml", Manifests.Policy("{service-no-node-port: {}}"));

        var run = Cli.Check(Manifests.NodePort, "--policy", policy, "--only", "ingress-host-allowed", "--only", "ingress-class-allowed");

        Assert.Equal(2, run.ExitCode);
        Assert.Collection(
            run.ErrorLines,
            line => Assert.Contains("set spec.rules.ingress-host-allowed.parameters.suffixes in a policy", line, StringComparison.Ordinal),
            line => Assert.Contains("set spec.rules.ingress-class-allowed.parameters.classes in a policy", line, StringComparison.Ordinal));
    }

    public void Dispose() => _cli.Dispose();
}
