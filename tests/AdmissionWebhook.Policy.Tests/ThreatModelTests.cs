using System.Text.RegularExpressions;
using AdmissionWebhook.TestSupport;

namespace AdmissionWebhook.Policy.Tests;

/// <summary>docs/threat-model.md promises nothing that no test holds.</summary>
public sealed partial class ThreatModelTests
{
    private static readonly string Page = File.ReadAllText(Repository.PathOf("docs", "threat-model.md"));

    public static TheoryData<string> Named => [.. Reference().Matches(Page).Select(match => match.Groups[1].Value).Distinct()];

    [Fact]
    public void Each_promise_of_the_threat_model_names_a_test()
    {
        var promises = Page.Split('\n').SkipWhile(line => !line.StartsWith("| promise", StringComparison.Ordinal)).Where(line => line.StartsWith("| ", StringComparison.Ordinal) && !line.StartsWith("| promise", StringComparison.Ordinal) && !line.StartsWith("| ---", StringComparison.Ordinal)).ToList();

        Assert.True(promises.Count > 15);
        Assert.All(promises, promise => Assert.Matches(Reference(), promise));
    }

    [Theory, MemberData(nameof(Named))]
    public void Each_test_in_the_threat_model_exists(string name)
    {
        var (fixture, test) = name.Split('.') is [var type, var method] ? (type, method) : (name, null);

        var file = Directory.EnumerateFiles(Repository.PathOf("tests"), fixture + ".cs", SearchOption.AllDirectories).FirstOrDefault();

        Assert.True(file is not null, $"There is no {fixture}.");
        Assert.True(test is null || File.ReadAllText(file).Contains($" {test}(", StringComparison.Ordinal), $"{fixture} has no test {test}.");
    }

    [GeneratedRegex(@"`([A-Z][A-Za-z0-9]+Tests(?:\.[A-Za-z0-9_]+)?)`")]
    private static partial Regex Reference();
}
