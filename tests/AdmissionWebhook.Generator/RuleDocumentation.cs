using System.Text;
using AdmissionWebhook.Policy.Configuration;
using AdmissionWebhook.Policy.Evaluation;
using AdmissionWebhook.Policy.Rules;

namespace AdmissionWebhook.Generator;

/// <summary>The pages of docs/rules and the list of them, made from the catalogue and the samples.</summary>
public static class RuleDocumentation
{
    public static string Page(Rule rule)
    {
        var samples = RuleSample.Files.Where(file => Path.GetDirectoryName(file) == rule.Id).Select(RuleSample.Read).ToList();
        var page = new StringBuilder();
        page.AppendLine($"# {rule.Id}");
        page.AppendLine();
        page.AppendLine(rule.Summary);
        page.AppendLine();
        page.AppendLine($"Applies to {string.Join(", ", rule.Kinds)}{(rule.SubResource is { } part ? $"/{part}" : "")} {When(rule)}. Default enforcement: **{rule.ByDefault}**"
            + $" (one of {string.Join(", ", rule.Enforcements)}).{(rule.Reads.IsEmpty ? "" : $" Looks up {string.Join(", ", rule.Reads)}.")}");
        page.AppendLine();
        page.AppendLine("## Why");
        page.AppendLine();
        page.AppendLine(rule.Why);
        page.AppendLine();
        AppendParameters(page, rule);
        AppendExemption(page, rule);
        page.AppendLine("## Samples");
        foreach (var sample in samples)
            AppendSample(page, sample);

        return page.ToString();
    }

    /// <summary>docs/rules/README.md: every rule in one table.</summary>
    /// <param name="builtIn">The built-in policy.</param>
    public static string Index(TrafficPolicy builtIn)
    {
        var page = new StringBuilder("""
            # Rules

            The page of a rule says why the rule exists, which parameters it has, and what it allows and denies.

            - *Default* is the enforcement of a rule that a policy names without one. A rule that no policy names is off.
            - *Built-in policy* is the enforcement in [organisation.yaml](../../config/policies/organisation.yaml).
            - [The catalogue](../catalogue.md) compares each rule with the policies of other tools.

            | rule | default | built-in policy | satisfied when |
            | --- | --- | --- | --- |

            """);
        var levels = builtIn.Rules.ToDictionary(active => active.Rule, active => active.Enforcement);
        foreach (var rule in RuleCatalog.All)
            page.Append($"| [{rule.Id}]({rule.Id}.md) | {rule.ByDefault} | {levels.GetValueOrDefault(rule, Enforcement.Off)} | {rule.Summary} |\n");
        return page.ToString();
    }

    private static void AppendParameters(StringBuilder page, Rule rule)
    {
        if (rule.Parameters.IsEmpty)
            return;

        page.AppendLine("## Parameters");
        page.AppendLine();
        page.AppendLine("| name | value | default | meaning |");
        page.AppendLine("| --- | --- | --- | --- |");
        foreach (var parameter in rule.Parameters)
            page.AppendLine($"| `{parameter.Name}` | {parameter.TypeName} | {(parameter.DefaultText is { } text ? $"`{text}`" : "required")} | {parameter.Summary} |");
        page.AppendLine();
    }

    private static void AppendExemption(StringBuilder page, Rule rule)
    {
        page.AppendLine($$$"""
            ## How to exempt

            ```yaml
            apiVersion: policy.admissionwebhook.dev/v1alpha1
            kind: TrafficPolicyExemption
            metadata: {name: legacy, namespace: shop}
            spec:
              rules: [{{{rule.Id}}}]
              names: [web]                     # patterns; or selector: {matchLabels: {…}}
              reason: Why the object cannot follow the rule yet
              owner: team-shop
              expiresAt: 2027-01-31T18:00:00Z
            ```

            {{{(rule is MutationRule ? "The webhook sets no default in an exempt object." : "The webhook allows an exempt object, and reports it in audits and in the decision log.")}}} Nothing in the object itself exempts it.
            [Policies](../policies.md) describes the other ways: namespaces, classes and users that a policy does not cover.

            """);
        if (rule is ValidationRule { JudgesStored: true } && rule.Operations.HasFlag(Operation.Update))
        {
            page.AppendLine($$$"""
                An update is denied only for violations that it adds or worsens. A violation that the stored object already has is a warning, unless the policy sets
                `{{{rule.Id}}}: {ratchet: {until: 2027-01-01T00:00:00Z}}` or `{ratchet: {enabled: false}}`.

                """);
        }
    }

    private static void AppendSample(StringBuilder page, RuleSample sample)
    {
        var decision = sample.Decide();
        page.AppendLine();
        page.AppendLine($"### {char.ToUpperInvariant(Ending(sample)[0])}{Ending(sample)[1..]}: {sample.Title}");
        page.AppendLine();
        page.AppendLine("```yaml");
        page.AppendLine(string.Join('\n', sample.Text.TrimEnd().Split('\n').Skip(1)));
        page.AppendLine("```");
        if (decision.Findings.IsEmpty && decision.Patch.IsEmpty)
            return;

        page.AppendLine("```text");
        foreach (var finding in decision.Findings)
            page.AppendLine(finding.ToString());
        foreach (var operation in decision.Patch)
            page.AppendLine($"add {operation.Field.ToPointer()} = {operation.Value.ToJsonString()}");
        page.AppendLine("```");
    }

    private static string Ending(RuleSample sample) => Path.GetFileName(sample.File).Split('-')[0];

    private static string When(Rule rule) =>
        rule.Operations == Operation.None ? "only in audits"
        : rule.IsForManifests ? "in manifests; `check` runs it unless a policy sets it"
        : $"on {string.Join(" and ", Words(rule.Operations))}{(rule is ValidationRule { JudgesStored: false } ? ", not in audits" : "")}";

    private static IEnumerable<string> Words(Operation operations) =>
        Enum.GetValues<Operation>().Where(operation => operation != Operation.None && operations.HasFlag(operation)).Select(operation => operation.ToString().ToUpperInvariant());
}
