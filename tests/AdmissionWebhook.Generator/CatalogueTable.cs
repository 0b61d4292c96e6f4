using System.Text;
using AdmissionWebhook.Policy.Configuration;
using AdmissionWebhook.Policy.Evaluation;
using AdmissionWebhook.Policy.Rules;

namespace AdmissionWebhook.Generator;

/// <summary>
/// docs/catalogue.md: every rule beside the tools that check the same. The mappings in PeerCases name these tools. The line <c># closes: …</c> of a sample
/// names what they miss. So neither can be claimed without a test.
/// </summary>
public static class CatalogueTable
{
    private const string Closes = "# closes: ";

    public static string Text()
    {
        var peers = Peers().ToLookup(pair => pair.Rule, pair => pair.Policy);
        var page = new StringBuilder("""
            # The catalogue

            This page lists every rule with its default enforcement, its parameters, and the policies of other tools that check the same. The tests run the test cases of these
            policies against the rule. The last column names objects that other tools wrongly allow or deny. Each one is a sample on the rule's page.

            | rule | checks | default | parameters | others | closes |
            | --- | --- | --- | --- | --- | --- |

            """);
        foreach (var rule in RuleCatalog.All)
        {
            page.Append($"| [{rule.Id}](rules/{rule.Id}.md) | {(rule.Kinds.Length == 1 ? rule.Kinds[0] : "every kind")} | {rule.ByDefault} | {Join(rule.Parameters.Select(Describe))} ");
            page.Append($"| {Join(peers[rule.Id].Distinct().Order(StringComparer.Ordinal))} | {Join(ClosedBy(rule))} |\n");
        }

        return page.ToString();
    }

    /// <summary>What the samples of a rule say that it closes.</summary>
    public static IEnumerable<string> ClosedBy(Rule rule) =>
        from file in RuleSample.Files
        where Path.GetDirectoryName(file) == rule.Id
        from line in File.ReadLines(Path.Combine(RuleSample.Folder, file))
        where line.StartsWith(Closes, StringComparison.Ordinal)
        select line[Closes.Length..];

    private static IEnumerable<(string Rule, string Policy)> Peers() =>
        from file in Directory.EnumerateFiles(PeerCase.Mappings, "*.yaml").Order(StringComparer.Ordinal)
        where Path.GetFileName(file) != "unmapped.yaml"
        let name = Path.GetFileNameWithoutExtension(file)
        from rule in PeerCase.ReadYaml(File.ReadAllText(file))["rules"]!.AsObject()
        select (rule.Key, $"{name[..name.IndexOf('.', StringComparison.Ordinal)].Replace("-rego", "", StringComparison.Ordinal)} {name[(name.IndexOf('.', StringComparison.Ordinal) + 1)..]}");

    private static string Describe(Parameter parameter) => parameter.IsRequired ? $"`{parameter.Name}` (required)" : $"`{parameter.Name}`";

    private static string Join(IEnumerable<string> texts) => string.Join("<br>", texts.Select(text => text.Replace("|", "\\|", StringComparison.Ordinal)));
}
