namespace AdmissionWebhook.Cli.Tests;

public sealed class PolicyTests : IDisposable
{
    private readonly Cli _cli = new();

    [Fact]
    public void A_given_policy_takes_the_place_of_the_built_in_one()
    {
        var policy = _cli.Write("policy.yaml", Manifests.Policy("{service-no-node-port: {enforcement: Warn}}"));

        var run = Cli.Check(Manifests.NodePort, "--policy", policy);

        Assert.Equal(0, run.ExitCode);
        Assert.Contains("Service shop/debug: warned", run.Output, StringComparison.Ordinal);
    }

    [Fact]
    public void Several_policies_from_files_and_folders_hold_together()
    {
        var mild = _cli.Write("mild.yaml", Manifests.Policy("{service-no-node-port: {enforcement: Audit}}", "mild"));
        _cli.Write("strict/policy.yaml", Manifests.Policy("{service-no-node-port: {enforcement: Deny}}", "strict"));

        Assert.Equal(0, Cli.Check(Manifests.NodePort, "--policy", mild).ExitCode);
        Assert.Equal(1, Cli.Check(Manifests.NodePort, "--policy", mild, "--policy", _cli.PathOf("strict")).ExitCode);
    }

    [Fact]
    public void An_exemption_is_refused_rather_than_passed_over()
    {
        var policy = _cli.Write("policy.yaml", Manifests.Bundle(
            Manifests.Policy("{service-no-node-port: {}}"),
            "apiVersion: policy.admissionwebhook.dev/v1alpha1\nkind: TrafficPolicyExemption\nmetadata: {name: legacy, namespace: shop}\n"));

        var run = Cli.Check(Manifests.NodePort, "--policy", policy);

        Assert.Equal(2, run.ExitCode);
        Assert.Equal($"{policy}:7: exemptions come with a later version; remove this TrafficPolicyExemption", Assert.Single(run.ErrorLines));
    }

    [Fact]
    public void A_policy_folder_without_policies_is_a_mistake()
    {
        Directory.CreateDirectory(_cli.PathOf("none"));

        var run = Cli.Check(Manifests.NodePort, "--policy", _cli.PathOf("none"));

        Assert.Equal(2, run.ExitCode);
        Assert.Contains("there is no TrafficPolicy", run.Error, StringComparison.Ordinal);
    }

    [Fact]
    public void Only_runs_just_these_rules()
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
    public void Only_leaves_the_enforcement_of_a_given_policy_and_denies_what_it_does_not_mention()
    {
        var policy = _cli.Write("policy.yaml", Manifests.Policy("{service-no-node-port: {enforcement: Warn}}"));

        var manifest = Manifests.NodePort + "\n  externalIPs: [203.0.113.10]";

        Assert.Equal(0, Cli.Check(manifest, "--policy", policy, "--only", "service-no-node-port").ExitCode);
        Assert.Equal(1, Cli.Check(manifest, "--policy", policy, "--only", "service-external-ips").ExitCode);
    }

    [Fact]
    public void Only_needs_the_required_parameters_of_its_rules_from_somebody()
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
