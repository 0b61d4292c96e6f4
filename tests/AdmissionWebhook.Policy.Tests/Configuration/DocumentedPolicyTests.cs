using System.Text.RegularExpressions;
using AdmissionWebhook.Policy.Configuration;
using AdmissionWebhook.Policy.Manifests;
using AdmissionWebhook.TestSupport;

namespace AdmissionWebhook.Policy.Tests.Configuration;

/// <summary>What the documentation shows can be put into force as it stands.</summary>
public sealed partial class DocumentedPolicyTests
{
    public static TheoryData<string> Pages => ["README.md", "docs/policies.md", "docs/rules/ingress-tls-required.md", "docs/rules/ingress-default-class.md"];

    [Theory, MemberData(nameof(Pages))]
    public void Every_policy_and_exemption_in_the_docs_is_valid(string page)
    {
        var shown = YamlBlock().Matches(File.ReadAllText(Repository.PathOf(page))).Select(match => match.Groups["yaml"].Value).Where(yaml => yaml.Contains(Document.SupportedApiVersion, StringComparison.Ordinal)).ToList();

        Assert.NotEmpty(shown);
        Assert.All(shown, yaml =>
        {
            var errors = new List<SourceError>();
            var ours = Manifest.ReadAll(page, yaml, errors).Where(manifest => manifest.Kind is null);

            PolicySet.Read(ours, errors);

            Assert.Empty(errors);
        });
    }

    [GeneratedRegex("^```yaml\n(?<yaml>.*?)^```", RegexOptions.Multiline | RegexOptions.Singleline | RegexOptions.ExplicitCapture)]
    private static partial Regex YamlBlock();
}
