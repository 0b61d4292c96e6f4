namespace AdmissionWebhook.Cli.Tests;

/// <summary>Whatever names no namespace is in that of <c>--namespace</c>, wherever it is written.</summary>
public sealed class NamespaceTests : IDisposable
{
    private readonly Cli _cli = new();

    [Fact]
    public void The_namespace_option_applies_to_objects_of_the_cluster()
    {
        var cluster = _cli.Write("cluster.yaml", Manifests.Service("web", 80, @namespace: null));

        AssertNeeded(Manifests.Ingress("web", "number: 80"), "--cluster", cluster, "--only", "ingress-backend-service-exists");
    }

    [Fact]
    public void The_namespace_option_applies_to_old_copies()
    {
        var written = Manifests.AllocatedNodePort.Replace(", namespace: ingress-nginx", ", namespace: shop", StringComparison.Ordinal);
        var old = _cli.Write("old.yaml", Manifests.Bundle(Manifests.AllocatedNodePort.Replace(", namespace: ingress-nginx", "", StringComparison.Ordinal), Manifests.Service("other", 80)));

        AssertNeeded(written, "--old", old);
    }

    [Fact]
    public void The_namespace_option_applies_to_exemptions()
    {
        var exemption = Manifests.Exemption().Replace("2027-01-31", "2999-01-31", StringComparison.Ordinal);
        var policy = _cli.Write("policy.yaml", Manifests.Bundle(Manifests.Policy("{service-no-node-port: {}}"), exemption));

        AssertNeeded(Manifests.NodePort, "--policy", policy);
    }

    [Fact]
    public void The_namespace_option_applies_after_a_default_is_filled_in()
    {
        var cluster = _cli.Write("cluster.yaml", Manifests.Service("web", 80));
        var policy = _cli.Write("policy.yaml", Manifests.Policy("{ingress-default-path-type: {}, ingress-backend-service-exists: {}}"));
        var ingress = Manifests.Ingress("web", "number: 80", @namespace: null).Replace("pathType: Prefix", "", StringComparison.Ordinal);

        var run = AssertNeeded(ingress, "--cluster", cluster, "--policy", policy);

        Assert.Contains("defaults: /spec/rules/0/http/paths/0/pathType", run.Output, StringComparison.Ordinal);
    }

    public void Dispose() => _cli.Dispose();

    private static Run AssertNeeded(string manifest, params string[] options)
    {
        var run = Cli.Check(manifest, [.. options, "--namespace", "shop"]);

        Assert.Equal((0, 1), (run.ExitCode, Cli.Check(manifest, options).ExitCode));
        return run;
    }
}
