using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using AdmissionWebhook.Policy.Controllers;
using AdmissionWebhook.Policy.Kinds;
using AdmissionWebhook.Policy.Reading;
using AdmissionWebhook.Policy.Rules;
using AdmissionWebhook.TestSupport;

namespace AdmissionWebhook.EndToEnd.Tests.Installation;

/// <summary>What of the chart can be told without helm.</summary>
public sealed partial class ChartFileTests
{
    [Fact]
    public void The_schema_has_exactly_the_values_of_the_chart()
    {
        var values = Rendered.Read($"apiVersion: v1\nkind: Values\n{ReadChart("values.yaml")}").Single();
        var schema = JsonNode.Parse(ReadChart("values.schema.json"))!.AsObject();

        values.Remove("apiVersion");
        values.Remove("kind");

        // Helm adds it to the values of every chart that is a part of another one.
        Assert.True(schema["properties"]!.AsObject().Remove("global"));
        AssertDescribes(schema, values, "");
    }

    [Theory]
    [InlineData("alerts.yaml")]
    [InlineData("dashboard.json")]
    public void Alerts_and_dashboards_use_only_existing_metrics(string file)
    {
        var measured = Directory.EnumerateFiles(Repository.PathOf("src", "AdmissionWebhook.Server"), "*.cs", SearchOption.AllDirectories).SelectMany(source => Instrument().Matches(File.ReadAllText(source))).Select(match => match.Groups[1].Value).ToHashSet();

        var asked = Series().Matches(ReadChart("monitoring", file)).Select(match => match.Groups[1].Value).Distinct().ToList();

        Assert.NotEmpty(asked);
        Assert.All(asked, series => Assert.Contains(series, measured));
    }

    [Fact]
    public void The_chart_sets_only_settings_that_exist()
    {
        var known = File.ReadAllText(Repository.PathOf("src", "AdmissionWebhook.Server", "Settings", "ServerSettings.cs"));

        Assert.All(
            Setting().Matches(File.ReadAllText(Repository.PathOf("config", "server", "deployment.yaml")) + ReadChart("templates", "deployment.yaml")).Select(match => match.Groups[1].Value),
            setting => Assert.Contains($"\"{setting.Replace("__", ":", StringComparison.Ordinal)}\"", known, StringComparison.Ordinal));
    }

    [Fact]
    public void The_chart_has_the_version_that_it_installs()
    {
        var version = VersionOfBuild().Match(File.ReadAllText(Repository.PathOf("Directory.Build.props"))).Groups[1].Value;
        var chart = Rendered.Read($"kind: Chart\n{ReadChart("Chart.yaml")}").Single();

        Assert.Equal((version, version), ((string?)chart["version"], (string?)chart["appVersion"]));
    }

    [Fact]
    public void The_webhook_is_registered_for_exactly_the_kinds_that_rules_check()
    {
        // Rules that judge every kind judge what is asked about.
        var judged = RuleCatalog.All.Where(rule => rule.Kinds.Length < ResourceKind.All.Length).SelectMany(rule => rule.Kinds).Append(ResourceKind.IngressClass).Select(kind => kind.Plural).Distinct();

        var asked = from configuration in Rendered.Config("webhook")
                    where (string?)configuration["kind"] == "ValidatingWebhookConfiguration"
                    from entry in configuration["webhooks"]!.AsArray()
                    from rule in entry!["rules"]!.AsArray()
                    from resource in rule!["resources"]!.AsArray()
                    select (string)resource!;

        Assert.Equal(judged.Order(), asked.Distinct().Order());
    }

    [Fact]
    public void No_registration_can_break_the_cluster()
    {
        var entries = Rendered.Config("webhook").Where(each => each["webhooks"] is not null).SelectMany(each => each["webhooks"]!.AsArray()).ToList();

        Assert.Equal(4, entries.Count);
        Assert.All(entries, entry =>
        {
            Assert.InRange((int)entry!["timeoutSeconds"]!, 1, 3);
            Assert.Equal("Equivalent", (string?)entry["matchPolicy"]);
            Assert.Equal((string?)entry["name"] == "ingresses.admissionwebhook.dev" ? "NoneOnDryRun" : "None", (string?)entry["sideEffects"]);
            Assert.Equal("""["kube-system","admission-webhook"]""", entry["namespaceSelector"]!["matchExpressions"]![0]!["values"]!.ToJsonString());
            Assert.Equal((string?)entry["name"] is "ingresses.admissionwebhook.dev" or "services.admissionwebhook.dev" ? "Fail" : "Ignore", (string?)entry["failurePolicy"]);
        });
    }

    [Fact]
    public void Exactly_one_of_two_entries_covers_each_Service()
    {
        var conditions = ReadServiceConditions();

        Assert.Equal($"!({conditions[1]})", conditions[0]);
        Assert.All((string[])[$"{Bound.Ports.Usual}", $"{Bound.SelectorEntries.Usual}"], bound => Assert.Contains($"> {bound}", conditions[1], StringComparison.Ordinal));
    }

    [Fact]
    public void A_Service_with_an_opening_annotation_always_needs_a_check()
    {
        var opens = new Regex(AnnotationPattern().Match(ReadServiceConditions()[1]).Groups[1].Value);

        var snippets = from known in IngressController.All
                       where known.ReadsServices
                       from annotation in known.Annotations.ByName
                       where annotation.Value.IsSnippet
                       from prefix in known.ReadsAnyPrefix ? [annotation.Value.Prefix, "", "example.com/"] : new[] { annotation.Value.Prefix }
                       select prefix + annotation.Value.Name;

        Assert.NotEmpty(snippets);
        Assert.All(snippets, name => Assert.Matches(opens, name));
        Assert.All(IngressController.All.Select(known => known.ExposesServices).OfType<string>(), name => Assert.Matches(opens, name));
        Assert.All((string[])["haproxy.org/load-balance", "prometheus.io/scrape", "example.com/snippet"], name => Assert.DoesNotMatch(opens, name));
    }

    private static List<string> ReadServiceConditions() =>
    [
        .. Rendered.Config("webhook")
            .Where(each => (string?)each["kind"] == "ValidatingWebhookConfiguration")
            .SelectMany(each => each["webhooks"]!.AsArray())
            .Where(entry => ((string)entry!["name"]!).EndsWith("services.admissionwebhook.dev", StringComparison.Ordinal))
            .Select(entry => (string)entry!["matchConditions"]!.AsArray()[^1]!["expression"]!).Order(StringComparer.Ordinal),
    ];

    private static void AssertDescribes(JsonObject schema, JsonObject values, string path)
    {
        Assert.False((bool)schema["additionalProperties"]!, $"{path} must not allow unknown values.");
        var described = schema["properties"]!.AsObject();
        Assert.True(described.Select(property => property.Key).Order().SequenceEqual(values.Select(value => value.Key).Order()), $"{path}: the schema has {string.Join(", ", described.Select(each => each.Key))}, the values {string.Join(", ", values.Select(each => each.Key))}.");
        foreach (var (key, value) in values)
        {
            if (value is JsonObject map && described[key]!["properties"] is not null && (map.Count > 0 || described[key]!["additionalProperties"] is null))
                AssertDescribes(described[key]!.AsObject(), map, $"{path}.{key}");
        }
    }

    private static string ReadChart(params ReadOnlySpan<string> path) => File.ReadAllText(Path.Combine([Rendered.Chart, .. path]));

    [GeneratedRegex("\"(admission_webhook_[a-z_]+)\"")]
    private static partial Regex Instrument();

    [GeneratedRegex("\\b(admission_webhook_[a-z_]+?)(_bucket|_sum|_count)?\\b")]
    private static partial Regex Series();

    [GeneratedRegex("ADMISSIONWEBHOOK__([A-Za-z]+__[A-Za-z]+)")]
    private static partial Regex Setting();

    [GeneratedRegex(@"key\.matches\('([^']+)'\)")]
    private static partial Regex AnnotationPattern();

    [GeneratedRegex("<Version>(.+)</Version>")]
    private static partial Regex VersionOfBuild();
}
