namespace AdmissionWebhook.EndToEnd.Tests.Installation;

/// <summary>What a real API server says to the chart and to config/default. No pod ever runs here.</summary>
public sealed class InstallationTests(BareControlPlane cluster) : IClassFixture<BareControlPlane>
{
    /// <summary>Field managers as the replicas have them, and what they write.</summary>
    private const string Written = "d3JpdHRlbg==";

    [Fact]
    public async Task Kustomize_applies_twice_and_deletes_everything()
    {
        Assert.SkipUnless(ControlPlane.IsPresent, ControlPlane.Absent);
        var folder = AdmissionWebhook.TestSupport.Repository.PathOf("config", "default");
        var before = await ListAsync();

        await cluster.KubectlAsync("", "apply", "--server-side", "-k", folder);
        await PretendToRunAsync("admission-webhook");
        var again = await cluster.KubectlAsync("", "apply", "--server-side", "-k", folder);

        Assert.DoesNotContain("warning", again, StringComparison.OrdinalIgnoreCase);
        await AssertKeptAsync("admission-webhook");
        await cluster.KubectlAsync("", "delete", "-k", folder, "--wait=false");
        Assert.Equal(before, await ListAsync("admission-webhook"));
    }

    [Fact]
    public async Task Helm_upgrades_keep_the_data_of_replicas_and_uninstall_leaves_only_the_kinds()
    {
        Assert.SkipUnless(ControlPlane.IsPresent, ControlPlane.Absent);
        Assert.SkipUnless(Rendered.HasHelm, Rendered.NoHelm);
        var before = await ListAsync();

        await cluster.HelmAsync("install", "traffic", Rendered.Chart, "--namespace=ingress-policy", "--create-namespace");
        await PretendToRunAsync("ingress-policy");
        await cluster.HelmAsync("upgrade", "traffic", Rendered.Chart, "--namespace=ingress-policy", "--set=webhook.ingresses.failurePolicy=Ignore", "--set=policy.preset=gitops");

        await AssertKeptAsync("ingress-policy");
        Assert.Equal("gitops", await cluster.KubectlAsync("", "get", "trafficpolicies", "-o=jsonpath={.items[*].metadata.name}"));
        Assert.Equal("Ignore", await cluster.KubectlAsync("", "get", "validatingwebhookconfiguration", "admission-webhook", "-o=jsonpath={.webhooks[0].failurePolicy}"));
        await cluster.HelmAsync("uninstall", "traffic", "--namespace=ingress-policy");
        Assert.Equal(before, await ListAsync("ingress-policy"));
        Assert.Equal(2, (await cluster.KubectlAsync("", "get", "crd", "-o=name")).Split('\n', StringSplitOptions.RemoveEmptyEntries).Length);
    }

    /// <summary>Whatever replicas write: who leads, the certificate, and who vouches for it.</summary>
    private async Task PretendToRunAsync(string @namespace)
    {
        await cluster.KubectlAsync("", "patch", "lease", "admission-webhook", "-n", @namespace, "--type=merge", """--patch={"spec": {"holderIdentity": "replica"}}""");
        await cluster.KubectlAsync("", "patch", "secret", "admission-webhook", "-n", @namespace, "--type=merge", $$$"""--patch={"data": {"tls.crt": "{{{Written}}}"}}""");
        await cluster.KubectlAsync(
            $$"""
            apiVersion: admissionregistration.k8s.io/v1
            kind: ValidatingWebhookConfiguration
            metadata: {name: admission-webhook}
            webhooks: [{name: ingresses.admissionwebhook.dev, clientConfig: {caBundle: {{Convert.ToBase64String(System.Text.Encoding.UTF8.GetBytes(Certificate))}} } }]
            """,
            "apply", "--server-side", "--field-manager=admission-webhook-certificate", "-f", "-");
    }

    private async Task AssertKeptAsync(string @namespace)
    {
        Assert.Equal("replica", await cluster.KubectlAsync("", "get", "lease", "admission-webhook", "-n", @namespace, "-o=jsonpath={.spec.holderIdentity}"));
        Assert.Equal(Written, await cluster.KubectlAsync("", "get", "secret", "admission-webhook", "-n", @namespace, @"-o=jsonpath={.data.tls\.crt}"));
        Assert.NotEmpty(await cluster.KubectlAsync("", "get", "validatingwebhookconfiguration", "admission-webhook", "-o=jsonpath={.webhooks[0].clientConfig.caBundle}"));
    }

    /// <summary>Every object there is, but for kinds, events and what the API server keeps for itself.</summary>
    /// <param name="leaving">A namespace that is going away, or stays for somebody else to delete.</param>
    private async Task<IReadOnlyList<string>> ListAsync(string leaving = "")
    {
        var kinds = await cluster.KubectlAsync("", "api-resources", "--verbs=list", "-o=name");
        var listed = kinds.Split('\n', StringSplitOptions.RemoveEmptyEntries).Where(kind =>
            !kind.StartsWith("events", StringComparison.Ordinal) && !kind.EndsWith(".policy.admissionwebhook.dev", StringComparison.Ordinal)
            && kind is not ("componentstatuses" or "customresourcedefinitions.apiextensions.k8s.io" or "apiservices.apiregistration.k8s.io" or "nodes.metrics.k8s.io" or "pods.metrics.k8s.io"));
        var objects = await cluster.KubectlAsync("", "get", string.Join(',', listed), "-A", "-o=name");
        return [.. objects.Split('\n', StringSplitOptions.RemoveEmptyEntries).Where(name => name != $"namespace/{leaving}" && !name.StartsWith("lease.coordination.k8s.io/apiserver-", StringComparison.Ordinal)).Distinct().Order()];
    }

    private static string Certificate
    {
        get
        {
            var folder = Directory.CreateTempSubdirectory("authority-").FullName;
            using var certificates = new TestCertificates(folder);
            Directory.Delete(folder, recursive: true);
            return certificates.AuthorityPem;
        }
    }
}
