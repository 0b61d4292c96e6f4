using System.Diagnostics;
using System.Text;
using System.Text.Json.Nodes;
using AdmissionWebhook.KubernetesApi;
using AdmissionWebhook.KubernetesApi.Configuration;

namespace AdmissionWebhook.EndToEnd.Tests;

/// <summary>Policies that are objects of the cluster, while a webhook takes them from there.</summary>
public sealed class PolicyTests(PolicyControlPlane cluster) : IClassFixture<PolicyControlPlane>, IDisposable
{
    private static readonly TimeSpan Bound = TimeSpan.FromSeconds(2);

    private readonly HttpClient _http = new(new HttpClientHandler { ServerCertificateCustomValidationCallback = HttpClientHandler.DangerousAcceptAnyServerCertificateValidator });
    private volatile string _effect = "";

    public void Dispose() => _http.Dispose();

    [Fact]
    public async Task kubectl_lists_whether_policies_are_accepted_and_their_findings()
    {
        Assert.SkipUnless(ControlPlane.IsPresent, ControlPlane.Absent);
        var @namespace = await CreateNamespaceAsync();
        await cluster.KubectlAsync(Ingress(@namespace), "create", "-n", @namespace, "-f", "-");

        await cluster.KubectlAsync(Policy("listed", @namespace, "Audit"), "apply", "-f", "-");

        await UntilListedAsync("listed", @"^NAME +ACCEPTED +DENIED +WARNED +AUDITED +AGE\nlisted +True +0 +0 +1 ");
        var status = JsonNode.Parse(await cluster.KubectlAsync("", "get", "tp", "listed", "-o", "json"))!["status"]!;
        Assert.Equal("""{"ingress-host-allowed":1}""", status["rules"]!.ToJsonString());
        Assert.Equal((1, 1), ((int)status["observedGeneration"]!, (int)status["acceptedGeneration"]!));
    }

    [Fact]
    public async Task Raising_a_policy_to_Deny_fails_no_request_and_takes_effect_within_two_seconds()
    {
        Assert.SkipUnless(ControlPlane.IsPresent, ControlPlane.Absent);
        var @namespace = await CreateNamespaceAsync();
        await cluster.KubectlAsync(Policy("flipped", @namespace, "Audit"), "apply", "-f", "-");
        using var client = new KubernetesApiClient(KubeConfig.Read([cluster.KubeConfig]));
        using var ending = new CancellationTokenSource();
        var load = Enumerable.Range(0, 4).Select(_ => AskUntilAsync(@namespace, ending.Token)).ToList();
        await cluster.UntilAsync("the first answer", () => Task.FromResult(_effect == "Audit"));

        foreach (var enforcement in Enumerable.Repeat(new[] { "Warn", "Deny", "Audit" }, 3).SelectMany(each => each))
        {
            var begin = Stopwatch.GetTimestamp();
            await client.MergeAsync(
                "apis/policy.admissionwebhook.dev/v1alpha1/trafficpolicies/flipped",
                Encoding.UTF8.GetBytes($$$"""{"spec": {"rules": {"ingress-host-allowed": {"enforcement": "{{{enforcement}}}"} } } }"""),
                _ => "",
                default);
            await cluster.UntilAsync($"{enforcement} is effective", () => Task.FromResult(_effect == enforcement), TimeSpan.FromMilliseconds(5));
            Assert.True(Stopwatch.GetElapsedTime(begin) < Bound, $"{enforcement} took {Stopwatch.GetElapsedTime(begin)}.");
        }

        await ending.CancelAsync();
        Assert.InRange((await Task.WhenAll(load)).Sum(), 100, int.MaxValue);
    }

    [Fact]
    public async Task The_last_good_version_survives_a_restart_when_the_schema_accepts_an_invalid_policy()
    {
        Assert.SkipUnless(ControlPlane.IsPresent, ControlPlane.Absent);
        var @namespace = await CreateNamespaceAsync();
        await cluster.KubectlAsync(Policy("broken", @namespace, "Deny"), "apply", "-f", "-");
        await UntilListedAsync("broken", @"broken +True ");
        await cluster.KubectlAsync(Policy("broken", @namespace, "Warn", "service-external-ips: {parameters: {allowed: [ten.dot]}}"), "apply", "-f", "-");
        await UntilListedAsync("broken", @"broken +False ");

        Assert.Equal("Deny", await AskAsync(@namespace));
        await cluster.StartWebhookAsync();
        Assert.Equal("Deny", await AskAsync(@namespace));

        var message = await cluster.KubectlAsync("", "get", "tp", "broken", "-o", "jsonpath={.status.conditions[0].message}");
        Assert.StartsWith("Generation 1, the last one without errors, stays in force.\nspec.rules.service-external-ips.parameters.allowed[0]: ", message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_exemption_holds_while_it_exists_and_shows_its_end()
    {
        Assert.SkipUnless(ControlPlane.IsPresent, ControlPlane.Absent);
        var @namespace = await CreateNamespaceAsync();
        await cluster.KubectlAsync(Policy("exempted", @namespace, "Deny"), "apply", "-f", "-");
        await UntilAsync(@namespace, "Deny");

        await cluster.KubectlAsync("""
            apiVersion: policy.admissionwebhook.dev/v1alpha1
            kind: TrafficPolicyExemption
            metadata: {name: web}
            spec: {rules: [ingress-host-allowed], names: [web], reason: Moving, owner: team-shop, expiresAt: 2999-01-31T18:00:00Z}
            """, "create", "-n", @namespace, "-f", "-");
        await UntilAsync(@namespace, "Audit");
        await cluster.UntilAsync("the exemption is accepted", async () => (await cluster.KubectlAsync("", "get", "tpe", "web", "-n", @namespace, "-o", "jsonpath={.status.conditions[0].message}")).Contains("2999-01-31", StringComparison.Ordinal));
        await cluster.KubectlAsync("", "delete", "tpe", "web", "-n", @namespace);

        await UntilAsync(@namespace, "Deny");
    }

    private async Task<string> CreateNamespaceAsync()
    {
        var @namespace = await cluster.CreateNamespaceAsync();
        await cluster.KubectlAsync("{apiVersion: v1, kind: Service, metadata: {name: web}, spec: {ports: [{name: http, port: 80}]}}", "create", "-n", @namespace, "-f", "-");
        return @namespace;
    }

    private Task UntilAsync(string @namespace, string effect) => cluster.UntilAsync($"the effect is {effect}", async () => await AskAsync(@namespace) == effect);

    private Task UntilListedAsync(string policy, string pattern) =>
        cluster.UntilAsync($"{policy} is listed as {pattern}", async () => System.Text.RegularExpressions.Regex.IsMatch(await cluster.KubectlAsync("", "get", "trafficpolicies", policy), pattern));

    /// <summary>Asks again and again, and counts. A request that fails, fails the test.</summary>
    private async Task<int> AskUntilAsync(string @namespace, CancellationToken ending)
    {
        var asked = 0;
        for (; !ending.IsCancellationRequested; asked++)
            _effect = await AskAsync(@namespace);
        return asked;
    }

    /// <summary>What becomes of an Ingress with a host that the policy of the namespace does not allow.</summary>
    private async Task<string> AskAsync(string @namespace)
    {
        var manifest = AdmissionWebhook.Policy.Manifests.Manifest.ReadAll("web.yaml", Ingress(@namespace), []).Single();
        using var answer = await _http.PostAsync(cluster.Validate, new StringContent($$"""
            {"apiVersion": "admission.k8s.io/v1", "kind": "AdmissionReview",
             "request": {"uid": "1", "kind": {"group": "networking.k8s.io", "version": "v1", "kind": "Ingress"}, "namespace": "{{@namespace}}", "name": "web", "operation": "CREATE", "dryRun": true,
               "object": {{Encoding.UTF8.GetString(manifest.Json)}} } }
            """));
        var text = await answer.Content.ReadAsStringAsync();
        Assert.True(answer.IsSuccessStatusCode, text);
        var response = JsonNode.Parse(text)!["response"]!;
        return !(bool)response["allowed"]! ? "Deny" : response["warnings"] is not null ? "Warn" : "Audit";
    }

    private static string Policy(string name, string @namespace, string enforcement, string further = "ingress-host-required: {}") => $$"""
        apiVersion: policy.admissionwebhook.dev/v1alpha1
        kind: TrafficPolicy
        metadata: {name: {{name}} }
        spec:
          namespaces: {include: [{{@namespace}}]}
          rules:
            ingress-host-allowed: {enforcement: {{enforcement}}, parameters: {suffixes: [example.org]} }
            {{further}}
        """;

    private static string Ingress(string @namespace) => $$"""
        apiVersion: networking.k8s.io/v1
        kind: Ingress
        metadata: {name: web}
        spec:
          ingressClassName: nginx
          tls: [{hosts: [{{@namespace}}.example.com], secretName: example-tls}]
          rules: [{host: {{@namespace}}.example.com, http: {paths: [{path: /, pathType: Prefix, backend: {service: {name: web, port: {number: 80} } } }] } }]
        """;
}
