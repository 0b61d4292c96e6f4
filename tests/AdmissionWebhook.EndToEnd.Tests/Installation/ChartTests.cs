using System.Text.Json.Nodes;
using AdmissionWebhook.TestSupport;

namespace AdmissionWebhook.EndToEnd.Tests.Installation;

/// <summary>What helm makes of the chart. Without helm these are skipped; <see cref="ChartFileTests"/> never are.</summary>
public sealed class ChartTests
{
    [Fact]
    public async Task The_chart_with_default_values_equals_kustomize()
    {
        Assert.SkipUnless(Rendered.HasHelm, Rendered.NoHelm);
        Assert.SkipUnless(Rendered.HasKubectl, Rendered.NoKubectl);

        var chart = (await Rendered.ChartAsync("policy.preset=none")).ToDictionary(Rendered.NameOf, WithoutLabels);
        var kustomize = (await Rendered.KustomizationAsync("default")).Where(rendered => (string?)rendered["kind"] != "Namespace").ToDictionary(Rendered.NameOf, WithoutLabels);

        Assert.Equal(kustomize.Keys.Order(), chart.Keys.Order());
        Assert.All(kustomize, expected => Assert.Equal(Ordered(expected.Value).ToJsonString(), Ordered(chart[expected.Key]).ToJsonString()));
    }

    [Theory]
    [InlineData("observe")]
    [InlineData("gitops")]
    [InlineData("organisation")]
    [InlineData("strict")]
    public async Task The_chart_installs_each_preset_as_in_config(string preset)
    {
        Assert.SkipUnless(Rendered.HasHelm, Rendered.NoHelm);

        var policy = Assert.Single(await Rendered.ChartAsync($"policy.preset={preset}"), rendered => (string?)rendered["kind"] == "TrafficPolicy");

        Assert.True(JsonNode.DeepEquals(Rendered.Read(await File.ReadAllTextAsync(Repository.PathOf("config", "policies", $"{preset}.yaml"))).Single(), policy));
    }

    [Theory]
    [InlineData("replica=3", "replica")]
    [InlineData("webhook.ingresses.failurePolicy=Open", "failurePolicy")]
    [InlineData("policy.preset=lax", "preset")]
    [InlineData("webhook.timeoutSeconds=31", "timeoutSeconds")]
    [InlineData("webhook.breakGlassGroups={it's}", "breakGlassGroups")]
    [InlineData("image.digest=latest", "digest")]
    [InlineData("certificate.source=Secret", "certificate.secret")]
    [InlineData("settings.Webhook:DrainSeconds=16", "terminationGracePeriodSeconds is 30")]
    [InlineData("terminationGracePeriodSeconds=24", "terminationGracePeriodSeconds is 24")]
    [InlineData("operations.port=8443", "operations.port and webhook.port must differ, both are 8443")]
    [InlineData("settings.Webhook:Port=9443", "Webhook:Port")]
    [InlineData("settings.Certificate:Source=Ephemeral", "Certificate:Source")]
    [InlineData(@"podLabels.app\.kubernetes\.io/name=other", "app.kubernetes.io/name")]
    public async Task Rejects_an_invalid_value_by_its_name(string value, string name)
    {
        Assert.SkipUnless(Rendered.HasHelm, Rendered.NoHelm);

        var (exitCode, output) = await Rendered.TryChartAsync(value);

        Assert.Equal(1, exitCode);
        Assert.Contains(name, output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Checks_deletions_only_when_turned_on_and_with_Ignore()
    {
        Assert.SkipUnless(Rendered.HasHelm, Rendered.NoHelm);

        Assert.DoesNotContain(Entries(await Rendered.ChartAsync()), Judges("DELETE"));
        var deletion = Assert.Single(Entries(await Rendered.ChartAsync("webhook.deletion.enabled=true")), entry => Judges("DELETE")(entry));

        Assert.Equal("Ignore", (string?)deletion["failurePolicy"]);
        Assert.All(deletion["rules"]!.AsArray(), rule => Assert.Equal("""["DELETE"]""", rule!["operations"]!.ToJsonString()));
    }

    [Theory]
    [InlineData("", "SelfManaged")]
    [InlineData("certificate.source=CertManager", "Files")]
    [InlineData("certificate.source=Secret,certificate.secret.name=mine,certificate.secret.caBundle=PEM", "Files")]
    public async Task Renders_only_the_chosen_source_of_the_certificate(string values, string source)
    {
        Assert.SkipUnless(Rendered.HasHelm, Rendered.NoHelm);

        var rendered = await Rendered.ChartAsync(values.Split(',', StringSplitOptions.RemoveEmptyEntries));

        var isSelfManaged = source == "SelfManaged";
        Assert.Equal(source, SettingsOf(rendered)["ADMISSIONWEBHOOK__Certificate__Source"]);
        Assert.Equal(isSelfManaged, rendered.Any(each => (string?)each["kind"] == "Secret"));
        Assert.Equal(isSelfManaged, !PodOf(rendered).ContainsKey("volumes"));
        Assert.Equal(values.Contains("CertManager", StringComparison.Ordinal), rendered.Any(each => (string?)each["apiVersion"] == "cert-manager.io/v1"));
        Assert.All(Entries(rendered), entry => Assert.Equal(values.Contains("PEM", StringComparison.Ordinal), entry["clientConfig"]!.AsObject().ContainsKey("caBundle")));
    }

    [Fact]
    public async Task Supports_the_host_network_and_another_port()
    {
        Assert.SkipUnless(Rendered.HasHelm, Rendered.NoHelm);

        var rendered = await Rendered.ChartAsync("hostNetwork=true", "webhook.port=10250", "settings.Audit:Stdout=false");

        Assert.True((bool)PodOf(rendered)["hostNetwork"]!);
        Assert.Equal("""{"maxSurge":0,"maxUnavailable":1}""", rendered.Single(each => (string?)each["kind"] == "Deployment")["spec"]!["strategy"]!["rollingUpdate"]!.ToJsonString());
        Assert.Equal(10250, (int)PodOf(rendered)["containers"]![0]!["ports"]![0]!["containerPort"]!);
        Assert.Equal(("10250", "false"), (SettingsOf(rendered)["ADMISSIONWEBHOOK__Webhook__Port"], SettingsOf(rendered)["ADMISSIONWEBHOOK__Audit__Stdout"]));
    }

    [Fact]
    public async Task Passes_settings_to_the_server_unchanged()
    {
        Assert.SkipUnless(Rendered.HasHelm, Rendered.NoHelm);

        // Numbers of a file are floats to Helm, those of --set are not.
        var settings = SettingsOf(await Rendered.ChartOfFileAsync("""
            settings: {"Webhook:MaxReviewBytes": 20971520, "Webhook:DrainSeconds": 0, "Audit:Stdout": false, "Cluster:Source": "1e3"}
            terminationGracePeriodSeconds: 15
            """));

        Assert.Equal(
            ("20971520", "0", "false", "1e3"),
            (settings["ADMISSIONWEBHOOK__Webhook__MaxReviewBytes"], settings["ADMISSIONWEBHOOK__Webhook__DrainSeconds"], settings["ADMISSIONWEBHOOK__Audit__Stdout"], settings["ADMISSIONWEBHOOK__Cluster__Source"]));
    }

    [Fact]
    public async Task Allows_reading_Secrets_only_when_turned_on()
    {
        Assert.SkipUnless(Rendered.HasHelm, Rendered.NoHelm);
        Assert.SkipUnless(Rendered.HasKubectl, Rendered.NoKubectl);

        var without = (await Rendered.ChartAsync()).Select(Rendered.NameOf);
        var added = (await Rendered.ChartAsync("rbac.tlsSecrets=true")).Where(each => !without.Contains(Rendered.NameOf(each))).ToDictionary(Rendered.NameOf, WithoutLabels);

        var expected = Rendered.Config("rbac/tls-secrets").ToDictionary(Rendered.NameOf, WithoutLabels);
        Assert.Equal(expected.Keys.Order(), added.Keys.Order());
        Assert.All(expected, each => Assert.Equal(Ordered(each.Value).ToJsonString(), Ordered(added[each.Key]).ToJsonString()));
    }

    [Fact]
    public async Task The_NetworkPolicy_allows_named_peers_to_metrics_and_all_pods_to_the_webhook_by_default()
    {
        Assert.SkipUnless(Rendered.HasHelm, Rendered.NoHelm);

        Assert.Equal("""[{"ports":[{"port":"https","protocol":"TCP"}]}]""", LetIn(await Rendered.ChartAsync()));
        Assert.Equal(
            """[{"ports":[{"port":"https","protocol":"TCP"}],"from":[{"ipBlock":{"cidr":"10.0.0.0/28"}}]},{"ports":[{"port":"operations","protocol":"TCP"}],"from":[{"podSelector":{}}]}]""",
            LetIn(await Rendered.ChartOfFileAsync("networkPolicy: {webhookFrom: [{ipBlock: {cidr: 10.0.0.0/28}}], operationsFrom: [{podSelector: {}}]}")));

        static string LetIn(IEnumerable<JsonObject> rendered) => rendered.Single(each => (string?)each["kind"] == "NetworkPolicy")["spec"]!["ingress"]!.ToJsonString();
    }

    [Theory]
    [InlineData("SelfManaged", "clients")]
    [InlineData("CertManager", "certificate clients")]
    public async Task Mounts_files_that_settings_name(string source, string expected)
    {
        Assert.SkipUnless(Rendered.HasHelm, Rendered.NoHelm);

        var pod = PodOf(await Rendered.ChartOfFileAsync($$$"""
            certificate:
              source: {{{source}}}
            extraVolumes: [{name: clients, configMap: {name: clients}}]
            extraVolumeMounts: [{name: clients, mountPath: /clients}]
            """));

        Assert.Equal((expected, expected), (Names(pod["volumes"]), Names(pod["containers"]![0]!["volumeMounts"])));

        static string Names(JsonNode? list) => string.Join(' ', list!.AsArray().Select(each => (string)each!["name"]!));
    }

    [Theory]
    [InlineData("webhook.excludedNamespaces=null", """["kube-system","admission-webhook"]""")]
    [InlineData("webhook.excludedNamespaces={shop,kube-system}", """["kube-system","admission-webhook","shop"]""")]
    public async Task Always_excludes_kube_system_and_its_own_namespace(string value, string expected)
    {
        Assert.SkipUnless(Rendered.HasHelm, Rendered.NoHelm);

        Assert.All(
            Entries(await Rendered.ChartAsync(value)),
            entry => Assert.Equal(expected, entry["namespaceSelector"]!["matchExpressions"]![0]!["values"]!.ToJsonString()));
    }

    [Fact]
    public async Task Renders_monitoring_only_when_turned_on()
    {
        Assert.SkipUnless(Rendered.HasHelm, Rendered.NoHelm);

        var without = await Rendered.ChartAsync();
        var with = await Rendered.ChartAsync("monitoring.serviceMonitor.enabled=true", "monitoring.prometheusRule.enabled=true", "monitoring.dashboard.enabled=true");

        Assert.Equal(
            ["ConfigMap admission-webhook-dashboard", "PrometheusRule admission-webhook", "ServiceMonitor admission-webhook"],
            with.Select(Rendered.NameOf).Except(without.Select(Rendered.NameOf)).Order());
        var dashboard = with.Single(rendered => (string?)rendered["kind"] == "ConfigMap")["data"]!["admission-webhook.json"]!;
        Assert.True(JsonNode.DeepEquals(JsonNode.Parse(await File.ReadAllTextAsync(Path.Combine(Rendered.Chart, "monitoring", "dashboard.json"))), JsonNode.Parse((string)dashboard!)));
    }

    private static Predicate<JsonObject> Judges(string operation) =>
        entry => entry["rules"]!.AsArray().Any(rule => rule!["operations"]!.AsArray().Any(each => (string?)each == operation));

    private static IReadOnlyList<JsonObject> Entries(IEnumerable<JsonObject> rendered) =>
        [.. rendered.Where(each => ((string)each["kind"]!).EndsWith("WebhookConfiguration", StringComparison.Ordinal)).SelectMany(each => each["webhooks"]!.AsArray()).Select(entry => entry!.AsObject())];

    private static JsonObject PodOf(IEnumerable<JsonObject> rendered) =>
        rendered.Single(each => (string?)each["kind"] == "Deployment")["spec"]!["template"]!["spec"]!.AsObject();

    private static Dictionary<string, string?> SettingsOf(IEnumerable<JsonObject> rendered) =>
        PodOf(rendered)["containers"]![0]!["env"]!.AsArray().ToDictionary(variable => (string)variable!["name"]!, variable => (string?)variable!["value"]);

    private static JsonObject WithoutLabels(JsonObject rendered)
    {
        rendered["metadata"]!.AsObject().Remove("labels");
        return rendered;
    }

    private static JsonNode Ordered(JsonNode? node) => node switch
    {
        JsonObject map => new JsonObject(map.OrderBy(member => member.Key, StringComparer.Ordinal).Select(member => KeyValuePair.Create(member.Key, member.Value is null ? null : Ordered(member.Value)))),
        JsonArray list => new JsonArray([.. list.Select(item => item is null ? null : Ordered(item))]),
        _ => node!.DeepClone(),
    };
}
