using AdmissionWebhook.Policy.Configuration;
using AdmissionWebhook.Policy.Manifests;

namespace AdmissionWebhook.Policy.Tests.Configuration;

public sealed class ExemptionDocumentTests
{
    [Fact]
    public void Reports_all_errors_at_once_with_lines_and_suggestions() => Assert.Equal(
        [
            "1: apiVersion: must be policy.admissionwebhook.dev/v1alpha1, found \"policy.admissionwebhook.dev/v1\".",
            "3: metadata.name: is required.",
            "3: metadata.creationTimestamp: must be a time with an offset, like 2027-01-31T18:00:00Z or 2027-01-31T18:00:00+01:00, found \"yesterday\".",
            "3: metadata.namespace: is required; an exemption applies only in its own namespace.",
            "4: spec: names, or a selector with at least one requirement, is required; names: [\"*\"] selects every object of the namespace.",
            "6: spec.rules[0]: rule \"service-no-nodeport\" does not exist; did you mean \"service-no-node-port\"?",
            "7: spec.rules[1]: \"*\" must not be a pattern; name each rule.",
            "8: spec.rules[2]: must be a non-empty string, found 1.",
            "9: spec.reason: is required; say why the objects cannot follow the rules.",
            "10: spec.owner: must be a string, found [\"team-shop\"].",
            "11: spec.expiresAt: must be a time with an offset, like 2027-01-31T18:00:00Z or 2027-01-31T18:00:00+01:00, found \"2027-01-31\".",
            "12: spec.tickets: field \"tickets\" does not exist; did you mean \"ticket\"?",
        ],
        Mistakes("""
            apiVersion: policy.admissionwebhook.dev/v1
            kind: TrafficPolicyExemption
            metadata: {creationTimestamp: yesterday}
            spec:
              rules:
                - service-no-nodeport
                - "*"
                - 1
              reason: "  "
              owner: [team-shop]
              expiresAt: 2027-01-31
              tickets: SHOP-1
            """));

    [Theory]
    [InlineData("", "4: spec.rules: must name at least one rule.", "4: spec.expiresAt: is required, like 2027-01-31T18:00:00Z.", "4: spec.owner: is required; say whom to ask before the exemption expires.")]
    [InlineData("rules: [], owner: ''", "4: spec.rules: must name at least one rule.", "4: spec.owner: is required; say whom to ask before the exemption expires.")]
    public void Requires_rules_reason_owner_and_expiresAt(string spec, params string[] expected) =>
        Assert.Superset(expected.ToHashSet(), Mistakes(Exemption(spec)).ToHashSet());

    [Theory]
    [InlineData("selector: {}")]
    [InlineData("selector: {matchLabels: {}, matchExpressions: []}")]
    [InlineData("names: []")]
    [InlineData("names: [], selector: {matchLabels: {} }")]
    public void Rejects_a_selection_of_everything_or_nothing(string selection) =>
        Assert.StartsWith("4: spec: names, or a selector", Assert.Single(Mistakes(Exemption($"{Valid}, {selection}"))), StringComparison.Ordinal);

    [Theory]
    [InlineData("2027-01-31T18:00:00Z", true)]
    [InlineData("2027-01-31T18:00:00.123456789+05:30", true)]
    [InlineData("2020-01-31T18:00:00Z", true)]
    [InlineData("2027-01-31T18:00:00", false)]
    [InlineData("2027-01-31 18:00:00Z", false)]
    [InlineData("2027-01-31t18:00:00z", false)]
    [InlineData("2027-01-31T18:00Z", false)]
    [InlineData("2027-02-30T18:00:00Z", false)]
    [InlineData("0000-01-01T00:00:00Z", false)]
    [InlineData("2027-01-31T18:00:00+0100", false)]
    [InlineData("\"2027-01-31T18:00:00Z\\n\"", false)]
    [InlineData("2027", false)]
    [InlineData("in a year", false)]
    public void Requires_expiresAt_with_an_offset(string expiresAt, bool isValid)
    {
        var mistakes = Mistakes(Exemption($"rules: [service-no-node-port], reason: a, owner: b, names: [web], expiresAt: {expiresAt}"), isValid);

        Assert.Equal(isValid, !mistakes.Any());
        Assert.All(mistakes, mistake => Assert.StartsWith("4: spec.expiresAt: must be a time with an offset, like 2027-01-31T18:00:00Z", mistake, StringComparison.Ordinal));
    }

    [Fact]
    public void Without_a_namespace_an_exemption_gets_the_default_namespace()
    {
        var errors = new List<SourceError>();

        var policies = PolicySet.Read(Manifest.ReadAll("exemption.yaml", Exemption($"{Valid}, names: [web]", @namespace: ""), errors), errors, defaultNamespace: "shop");

        Assert.Empty(errors);
        Assert.Equal("shop", policies!.Exemptions.Single().Namespace);
    }

    private const string Valid = "rules: [service-no-node-port], reason: Moved in spring, owner: team-shop, expiresAt: 2027-01-31T18:00:00Z";

    private static string Exemption(string spec, string @namespace = ", namespace: shop") => $$"""
        apiVersion: policy.admissionwebhook.dev/v1alpha1
        kind: TrafficPolicyExemption
        metadata: {name: test{{@namespace}} }
        spec: { {{spec}} }
        """;

    private static IEnumerable<string> Mistakes(string yaml, bool isValid = false)
    {
        var errors = new List<SourceError>();
        Assert.Equal(isValid, PolicySet.Read(Manifest.ReadAll("exemption.yaml", yaml, errors), errors) is not null);
        return errors.OrderBy(error => error.Line).Select(error => $"{error.Line}: {error.Message}");
    }
}
