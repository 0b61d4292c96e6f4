using System.Text.Json;
using AdmissionWebhook.Policy.Configuration;
using AdmissionWebhook.Policy.Values;

namespace AdmissionWebhook.Policy.Tests.Configuration;

public sealed class LabelSelectorTests
{
    [Theory]
    [InlineData("{}", true)]
    [InlineData("""{"matchLabels": {"team": "web"}}""", true)]
    [InlineData("""{"matchLabels": {"team": "web", "tier": "front"}}""", false)]
    [InlineData("""{"matchLabels": {"team": ""}}""", false)]
    [InlineData("""{"matchLabels": {"empty": ""}}""", true)]
    [InlineData("""{"matchLabels": {"absent": ""}}""", false)]
    [InlineData("""{"matchExpressions": [{"key": "team", "operator": "In", "values": ["api", "web"]}]}""", true)]
    [InlineData("""{"matchExpressions": [{"key": "team", "operator": "In", "values": ["api"]}]}""", false)]
    [InlineData("""{"matchExpressions": [{"key": "absent", "operator": "In", "values": ["web"]}]}""", false)]
    [InlineData("""{"matchExpressions": [{"key": "team", "operator": "NotIn", "values": ["api"]}]}""", true)]
    [InlineData("""{"matchExpressions": [{"key": "team", "operator": "NotIn", "values": ["api", "web"]}]}""", false)]
    [InlineData("""{"matchExpressions": [{"key": "absent", "operator": "NotIn", "values": ["web"]}]}""", true)]
    [InlineData("""{"matchExpressions": [{"key": "empty", "operator": "Exists"}]}""", true)]
    [InlineData("""{"matchExpressions": [{"key": "absent", "operator": "Exists", "values": []}]}""", false)]
    [InlineData("""{"matchExpressions": [{"key": "absent", "operator": "DoesNotExist"}]}""", true)]
    [InlineData("""{"matchExpressions": [{"key": "team", "operator": "DoesNotExist"}]}""", false)]
    [InlineData("""{"matchLabels": {"team": "web"}, "matchExpressions": [{"key": "tier", "operator": "Exists"}]}""", false)]
    public void Selects_labels_as_Kubernetes_does(string selector, bool matches)
    {
        var labels = new TextMap([new("team", "web"), new("empty", "")]);

        Assert.Equal(matches, Read(selector).Selector.Matches(labels));
    }

    [Theory]
    [InlineData("""{"matchLabels": {"-team": "web"}}""", "spec.selector.matchLabels.-team: \"-team\" is not a valid label key; use at most 63 letters, digits, '-', '_' and '.', like team or example.com/team.")]
    [InlineData("""{"matchLabels": {"team": "the web"}}""", "spec.selector.matchLabels.team: \"the web\" is not a valid label value; use at most 63 letters, digits, '-', '_' and '.', like web or v1.2.")]
    [InlineData("""{"matchLabels": {"team": 1}}""", "spec.selector.matchLabels.team: must be a string, found 1.")]
    [InlineData("""{"matchLabels": {"team": null}}""", "spec.selector.matchLabels.team: must be a string, found null.")]
    [InlineData("""{"matchLabels": []}""", "spec.selector.matchLabels: must be a map, found [].")]
    [InlineData("""{"matchLabel": {}}""", "spec.selector.matchLabel: field \"matchLabel\" does not exist; did you mean \"matchLabels\"?")]
    [InlineData("""{"matchExpressions": [{"key": "Example.com/team", "operator": "Exists"}]}""", "spec.selector.matchExpressions[0].key: \"Example.com/team\" is not a valid label key; use at most 63 letters, digits, '-', '_' and '.', like team or example.com/team.")]
    [InlineData("""{"matchExpressions": [{"key": "a\n", "operator": "Exists"}]}""", "spec.selector.matchExpressions[0].key: \"a\n\" is not a valid label key; use at most 63 letters, digits, '-', '_' and '.', like team or example.com/team.")]
    [InlineData("""{"matchExpressions": [{"key": "team", "operator": "NotExists"}]}""", "spec.selector.matchExpressions[0].operator: must be one of In, NotIn, Exists, DoesNotExist, found \"NotExists\"; did you mean \"Exists\"?")]
    [InlineData("""{"matchExpressions": [{"key": "team"}]}""", "spec.selector.matchExpressions[0].operator: is required.")]
    [InlineData("""{"matchExpressions": [{"operator": "Exists"}]}""", "spec.selector.matchExpressions[0].key: is required.")]
    [InlineData("""{"matchExpressions": [{"key": "team", "operator": "In"}]}""", "spec.selector.matchExpressions[0].values: is required for operator In.")]
    [InlineData("""{"matchExpressions": [{"key": "team", "operator": "NotIn", "values": []}]}""", "spec.selector.matchExpressions[0].values: is required for operator NotIn.")]
    [InlineData("""{"matchExpressions": [{"key": "team", "operator": "Exists", "values": ["web"]}]}""", "spec.selector.matchExpressions[0].values: must be empty for operator Exists; remove the values, or use In or NotIn.")]
    [InlineData("""{"matchExpressions": ["team"]}""", "spec.selector.matchExpressions[0]: must be a map, found \"team\".")]
    public void Rejects_a_selector_that_can_never_match(string selector, string expected) => Assert.Equal([expected], Read(selector).Mistakes);

    [Theory]
    [InlineData(63, 253, true)]
    [InlineData(64, 253, false)]
    [InlineData(63, 254, false)]
    public void Accepts_labels_up_to_the_length_limit_of_Kubernetes(int name, int prefix, bool isValid) =>
        Assert.Equal(isValid, Read($$"""{"matchLabels": {"{{new string('a', prefix)}}/{{new string('a', name)}}": "web"} }""").Mistakes.Length == 0);

    private static (LabelSelector Selector, string[] Mistakes) Read(string selector)
    {
        using var json = JsonDocument.Parse($$"""{"spec": {"selector": {{selector}} } }""");
        var document = ExemptionDocument.Read(json.RootElement);
        return (document.Selector, [.. document.Unreadable.Select(error => error.ToString())]);
    }
}
