namespace AdmissionWebhook.Cli.Tests;

public sealed class OperationTests : IDisposable
{
    private static readonly string Renamed = Manifests.AllocatedNodePort.Replace("edge", "renamed", StringComparison.Ordinal);

    private readonly Cli _cli = new();

    [Fact]
    public void A_deletion_is_judged_by_the_rules_for_deletions_alone()
    {
        var run = Cli.Check(Manifests.NodePort, "--operation", "delete", "--output", "json");

        Assert.Equal(0, run.ExitCode);
        Assert.Equal(["service-in-use"], run.Findings().Select(finding => JsonResults.Text(finding!["rule"])).Distinct());
        Assert.Single(run.Results());
    }

    [Fact]
    public void What_an_Ingress_leads_to_may_not_be_deleted_unless_the_Ingress_goes_with_it()
    {
        var (service, ingress) = (Manifests.Service("web", 80), Manifests.Ingress("web", "number: 80"));
        var policy = _cli.Write("policy.yaml", Manifests.Policy("{service-in-use: {enforcement: Deny}}"));
        var cluster = _cli.Write("cluster.yaml", Manifests.Bundle(service, ingress));

        var alone = Cli.Check(service, "--operation", "DELETE", "--cluster", cluster, "--policy", policy);
        var together = Cli.Check(Manifests.Bundle(service, ingress), "--operation", "DELETE", "--cluster", cluster, "--policy", policy);

        Assert.Equal((1, 0), (alone.ExitCode, together.ExitCode));
        Assert.Contains("deleting Service \"web\" would break Ingress shop/web, which uses this Service", alone.Output, StringComparison.Ordinal);
    }

    [Fact]
    public void A_port_may_not_go_that_an_Ingress_of_the_cluster_leads_to()
    {
        var policy = _cli.Write("policy.yaml", Manifests.Policy("{service-in-use: {enforcement: Deny}}"));
        var cluster = _cli.Write("cluster.yaml", Manifests.Bundle(Manifests.Service("web", 80), Manifests.Ingress("web", "number: 80")));

        var run = Cli.Check(Manifests.Service("web", 8080), "--operation", "UPDATE", "--cluster", cluster, "--policy", policy);

        Assert.Contains("removing port 80 would break Ingress", run.Output, StringComparison.Ordinal);
    }

    [Fact]
    public void An_old_copy_makes_it_an_update_of_the_object_with_its_name()
    {
        var old = _cli.Write("old.yaml", Manifests.Bundle(Manifests.AllocatedNodePort, Manifests.Service("other", 80)));

        Assert.Equal(1, Cli.Check(Manifests.AllocatedNodePort).ExitCode);
        Assert.Equal(0, Cli.Check(Manifests.AllocatedNodePort, "--old", old).ExitCode);
        Assert.Equal(0, Cli.Check(Manifests.AllocatedNodePort, "--old", old, "--operation", "UPDATE").ExitCode);
        Assert.Equal(1, Cli.Check(Renamed, "--old", old).ExitCode);
    }

    [Fact]
    public void One_object_and_one_old_copy_belong_together_whatever_they_are_called()
    {
        var old = _cli.Write("old.yaml", Manifests.AllocatedNodePort);

        Assert.Equal(0, Cli.Check(Renamed, "--old", old).ExitCode);
    }

    [Fact]
    public void An_old_copy_of_another_kind_belongs_to_nothing()
    {
        var old = _cli.Write("old.yaml", Manifests.Ingress("web", "number: 80"));

        var run = Cli.Check(Manifests.AllocatedNodePort, "--old", old, "--output", "json");

        Assert.Equal(1, run.ExitCode);
        Assert.Equal(["service-no-node-port"], run.Violated());
    }

    [Fact]
    public void Objects_without_an_old_copy_are_created_beside_those_that_are_changed()
    {
        var old = _cli.Write("old.yaml", Manifests.AllocatedNodePort);
        var policy = _cli.Write("policy.yaml", Manifests.Policy("{service-default-no-node-ports: {enforcement: Apply}}"));
        const string LoadBalancer = "apiVersion: v1\nkind: Service\nmetadata: {name: public, namespace: shop}\nspec: {type: LoadBalancer}\n";

        var run = Cli.Check(Manifests.Bundle(Manifests.AllocatedNodePort, LoadBalancer), "--old", old, "--policy", policy);

        Assert.Contains("public: allowed\n  defaults: /spec/allocateLoadBalancerNodePorts = false", run.Output, StringComparison.Ordinal);
    }

    [Fact]
    public void An_update_finds_the_old_copy_in_the_cluster()
    {
        var cluster = _cli.Write("cluster.yaml", Manifests.AllocatedNodePort);

        Assert.Equal(1, Cli.Check(Manifests.AllocatedNodePort, "--cluster", cluster).ExitCode);
        Assert.Equal(0, Cli.Check(Manifests.AllocatedNodePort, "--cluster", cluster, "--operation", "Update").ExitCode);
        Assert.Equal(1, Cli.Check(Renamed, "--cluster", cluster, "--operation", "Update").ExitCode);
    }

    [Fact]
    public void User_and_groups_are_accepted()
    {
        Assert.Equal(1, Cli.Check(Manifests.NodePort, "--user", "alice", "--group", "developers", "--group", "system:authenticated").ExitCode);
    }

    public void Dispose() => _cli.Dispose();
}
