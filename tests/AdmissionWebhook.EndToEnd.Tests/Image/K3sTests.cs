using AdmissionWebhook.EndToEnd.Tests.Installation;
using AdmissionWebhook.EndToEnd.Tests.RollOut;

namespace AdmissionWebhook.EndToEnd.Tests.Image;

/// <summary>The image and the chart in a cluster that runs pods.</summary>
public sealed class K3sTests(K3sCluster cluster) : IClassFixture<K3sCluster>
{
    [Fact]
    public async Task An_Ingress_is_allowed_or_denied()
    {
        Assert.SkipUnless(cluster.Runs, cluster.Obstacle);
        var @namespace = await cluster.CreateNamespaceAsync();
        await cluster.KubectlAsync(AdmissionTests.Web, "create", "-n", @namespace, "-f", "-");

        var denied = await cluster.TryKubectlAsync(AdmissionTests.Ingress(@namespace, "81"), "create", "-n", @namespace, "-f", "-");
        var allowed = await cluster.TryKubectlAsync(AdmissionTests.Ingress(@namespace), "create", "-n", @namespace, "-f", "-");

        Assert.Contains("[ingress-backend-port-exists]", denied.Output, StringComparison.Ordinal);
        Assert.True(denied.ExitCode == 1, denied.Output);
        Assert.True(allowed.ExitCode == 0, allowed.Output);
    }

    [Fact]
    public async Task A_TrafficPolicy_takes_effect_and_ends_with_its_deletion()
    {
        Assert.SkipUnless(cluster.Runs, cluster.Obstacle);
        var @namespace = await cluster.CreateNamespaceAsync();
        await cluster.KubectlAsync(AdmissionTests.Web, "create", "-n", @namespace, "-f", "-");
        Assert.False(await IsDeniedAsync(@namespace));

        await cluster.KubectlAsync(
            $$"""
            apiVersion: policy.admissionwebhook.dev/v1alpha1
            kind: TrafficPolicy
            metadata: {name: {{@namespace}}}
            spec:
              namespaces: {include: [{{@namespace}}]}
              rules:
                ingress-host-allowed: {enforcement: Deny, parameters: {suffixes: [apps.example.com]} }
            """,
            "apply", "-f", "-");

        await cluster.UntilAsync("the policy is in force", () => IsDeniedAsync(@namespace));
        await cluster.KubectlAsync("", "delete", "trafficpolicy", @namespace);
        await cluster.UntilAsync("the policy is forgotten", async () => !await IsDeniedAsync(@namespace));
    }

    [Fact]
    public async Task A_rollout_restart_fails_no_call()
    {
        Assert.SkipUnless(cluster.Runs, cluster.Obstacle);
        var before = await cluster.PodsAsync();
        await using var load = new AdmissionLoad(cluster.Port, await cluster.AuthorityAsync());
        await load.GoOnAsync(300);

        await cluster.KubectlAsync("", "rollout", "restart", "deployment/admission-webhook", "-n", K3sCluster.Namespace);
        await cluster.KubectlAsync("", "rollout", "status", "deployment/admission-webhook", "-n", K3sCluster.Namespace, "--timeout=5m");
        await cluster.UntilAsync("the old replicas have left", async () => !(await cluster.PodsAsync()).Intersect(before).Any());
        await load.GoOnAsync(300);
        await load.StopAsync();

        Assert.Empty(load.Failures);
    }

    [Fact]
    public async Task The_doctor_finds_no_problem()
    {
        Assert.SkipUnless(cluster.Runs, cluster.Obstacle);
        await cluster.KubectlAsync("", "wait", "--for=condition=Accepted", "trafficpolicy/organisation", "--timeout=1m");

        var (exitCode, output) = await DoctorTests.ExamineAsync(cluster);

        Assert.True(exitCode == 0, output);
    }

    /// <summary>Whether an Ingress would be denied for its host.</summary>
    private async Task<bool> IsDeniedAsync(string @namespace)
    {
        var (_, output) = await cluster.TryKubectlAsync(AdmissionTests.Ingress(@namespace), "create", "--dry-run=server", "-n", @namespace, "-f", "-");
        return output.Contains("[ingress-host-allowed]", StringComparison.Ordinal);
    }
}
