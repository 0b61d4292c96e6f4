using System.Globalization;
using AdmissionWebhook.Policy.Configuration;
using AdmissionWebhook.Policy.Evaluation;
using AdmissionWebhook.Policy.Kinds;
using AdmissionWebhook.Policy.Rules;
using AdmissionWebhook.TestSupport;

namespace AdmissionWebhook.Policy.Tests.Configuration;

public sealed class ExemptionTests
{
    private static readonly Rule NodePort = RuleCatalog.Find("service-no-node-port")!;
    private static readonly DateTimeOffset Now = At("2026-11-21T12:00:00Z");

    [Fact]
    public void An_exemption_covers_only_what_it_names()
    {
        var exemption = Exemption("names: [debug]");

        Assert.True(exemption.Covers(NodePort, Service("debug"), Now, null));
        Assert.False(exemption.Covers(NodePort, Service("web"), Now, null));
        Assert.False(exemption.Covers(NodePort, Service("debug", "shop-two"), Now, null));
        Assert.False(exemption.Covers(RuleCatalog.Find("service-external-ips")!, Service("debug"), Now, null));
        Assert.False(exemption.Covers(NodePort, Objects.Object("{apiVersion: networking.k8s.io/v1, kind: IngressClass, metadata: {name: debug}}"), Now, null));
    }

    [Theory]
    [InlineData("names: ['debug-*']", "debug-1", "", true)]
    [InlineData("names: ['debug-*']", "my-debug-1", "", false)]
    [InlineData("names: [a, debug-1]", "debug-1", "", true)]
    [InlineData("selector: {matchLabels: {legacy: 'true'}}", "any", "legacy: 'true'", true)]
    [InlineData("selector: {matchLabels: {legacy: 'true'}}", "any", "", false)]
    [InlineData("names: [debug], selector: {matchLabels: {legacy: 'true'}}", "debug", "legacy: 'true'", true)]
    [InlineData("names: [debug], selector: {matchLabels: {legacy: 'true'}}", "debug", "", false)]
    [InlineData("names: [debug], selector: {matchLabels: {legacy: 'true'}}", "web", "legacy: 'true'", false)]
    [InlineData("names: [debug], selector: {}", "debug", "", true)]
    public void An_object_must_match_both_names_and_selector(string selection, string name, string labels, bool covers) =>
        Assert.Equal(covers, Exemption(selection).Covers(NodePort, Service(name, labels: labels), Now, null));

    [Theory]
    [InlineData("names: ['*']", true)]
    [InlineData("names: ['debug-*', '**', 'd*']", false)]
    [InlineData("names: [debug-]", false)]
    [InlineData("selector: {matchLabels: {legacy: 'true'}}", true)]
    public void An_object_without_a_generated_name_matches_only_the_pattern_for_every_name(string selection, bool covers)
    {
        var unnamed = Objects.Object("{apiVersion: v1, kind: Service, metadata: {generateName: debug-, namespace: shop, labels: {legacy: 'true'}}}");

        Assert.Equal(covers, Exemption(selection).Covers(NodePort, unnamed, Now, null));
    }

    [Theory]
    [InlineData("2026-11-21T12:00:01Z", null, null, true)]
    [InlineData("2026-11-21T12:00:00Z", null, null, false)]
    [InlineData("2026-11-21T13:00:00+01:00", null, null, false)]
    [InlineData("2026-11-21T13:00:01+01:00", null, null, true)]
    [InlineData("2027-01-01T00:00:00Z", "2026-11-20T12:00:00Z", "24h", false)]
    [InlineData("2027-01-01T00:00:00Z", "2026-11-20T12:00:01Z", "1d", true)]
    [InlineData("2027-01-01T00:00:00Z", "2026-11-20T12:00:00Z", null, true)]
    [InlineData("2027-01-01T00:00:00Z", null, "30m", true)]
    [InlineData("2026-11-21T12:00:00Z", "2026-11-21T11:59:00Z", "90d", false)]
    [InlineData("9999-12-31T23:59:59Z", "9999-12-31T23:00:00Z", "99999d", true)]
    public void An_exemption_ends_at_expiresAt_or_at_the_limit_of_the_policy(string expiresAt, string? createdAt, string? maxLifetime, bool covers)
    {
        var exemption = Exemption("names: [debug]", expiresAt, createdAt);

        Assert.Equal(covers, exemption.Covers(NodePort, Service("debug"), Now, maxLifetime is null ? null : MaxLifetime(maxLifetime)));
    }

    [Fact]
    public void A_default_can_be_exempt() =>
        Assert.Equal(["ingress-default-class", "ingress-tls-required"], Read("names: [web]", rules: "[ingress-default-class, ingress-tls-required, ingress-default-class]").Exemptions.Single().Rules.Select(rule => rule.Id));

    private static TimeSpan? MaxLifetime(string text) => Objects.Policies($$"""
        {apiVersion: policy.admissionwebhook.dev/v1alpha1, kind: TrafficPolicy, metadata: {name: test}, spec: {exemptions: {maxLifetime: {{text}} } } }
        """).Policies.Single().MaxExemptionLifetime;

    private static Exemption Exemption(string selection, string expiresAt = "2027-01-01T00:00:00Z", string? createdAt = null) =>
        Read(selection, "[service-no-node-port]", expiresAt, createdAt).Exemptions.Single();

    private static PolicySet Read(string selection, string rules, string expiresAt = "2027-01-01T00:00:00Z", string? createdAt = null) => Objects.Policies($$"""
        apiVersion: policy.admissionwebhook.dev/v1alpha1
        kind: TrafficPolicyExemption
        metadata: {name: test, namespace: shop, creationTimestamp: {{createdAt ?? "null"}} }
        spec: {rules: {{rules}}, {{selection}}, reason: Moved in spring, owner: team-shop, expiresAt: {{expiresAt}} }
        """);

    private static KubernetesObject Service(string name, string @namespace = "shop", string labels = "") =>
        Objects.Object($$"""{apiVersion: v1, kind: Service, metadata: {name: {{name}}, namespace: {{@namespace}}, labels: { {{labels}} } } }""");

    private static DateTimeOffset At(string instant) => DateTimeOffset.Parse(instant, CultureInfo.InvariantCulture);
}
