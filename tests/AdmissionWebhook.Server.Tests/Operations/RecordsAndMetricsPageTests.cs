using System.Text.RegularExpressions;
using AdmissionWebhook.TestSupport;

namespace AdmissionWebhook.Server.Tests.Operations;

/// <summary>The page says what there is, and all of it.</summary>
public sealed partial class RecordsAndMetricsPageTests
{
    [Fact]
    public void The_page_lists_exactly_the_metrics() =>
        AssertSame(Metric().Matches(Source("Operations", "Metrics.cs")), IsMetric);

    [Fact]
    public void The_page_lists_exactly_the_fields_of_a_record() =>
        AssertSame(Field().Matches(Source("Audit", "DecisionRecord.cs")), name => !IsMetric(name));

    private static bool IsMetric(string name) => name.StartsWith("admission_webhook_", StringComparison.Ordinal) || name.StartsWith("process_", StringComparison.Ordinal);

    private static void AssertSame(IEnumerable<Match> written, Func<string, bool> isOne)
    {
        var page = File.ReadAllText(Repository.PathOf("docs", "records-and-metrics.md"));
        var listed = FirstCell().Matches(page).SelectMany(line => Code().Matches(line.Value)).Select(match => match.Groups[1].Value).Where(isOne);

        var expected = written.Select(match => match.Groups[1].Value).Distinct().Order(StringComparer.Ordinal).ToList();

        Assert.NotEmpty(expected);
        Assert.Equal(expected, listed.Order(StringComparer.Ordinal));
    }

    private static string Source(string room, string file) => File.ReadAllText(Repository.PathOf("src", "AdmissionWebhook.Server", room, file));

    [GeneratedRegex("\"((?:admission_webhook|process)_[a-z_]+)\"")]
    private static partial Regex Metric();

    [GeneratedRegex("json\\.Write\\w+\\(\"(\\w+)\"u8")]
    private static partial Regex Field();

    [GeneratedRegex("^\\| `[^|]+\\|", RegexOptions.Multiline)]
    private static partial Regex FirstCell();

    [GeneratedRegex("`([^`]+)`")]
    private static partial Regex Code();
}
