using System.Text.Json.Nodes;

namespace AdmissionWebhook.Server.Policies;

/// <summary>The number of existing objects with findings of one policy. An object with a denial and a warning counts as both.</summary>
internal sealed class Findings
{
    private readonly SortedDictionary<string, int> _rules = new(StringComparer.Ordinal);
    private int _denied, _warned, _audited, _exempted, _unchecked;

    /// <summary>Counts one object.</summary>
    public void Add(Decision decision)
    {
        if (decision.Findings.IsEmpty)
            return;

        Count(ref _denied, finding => finding is { Status: FindingStatus.Violated, Enforcement: Enforcement.Deny });
        Count(ref _warned, finding => finding is { Status: FindingStatus.Violated, Enforcement: Enforcement.Warn });
        Count(ref _audited, finding => finding is { Status: FindingStatus.Violated, Enforcement: Enforcement.Audit });
        Count(ref _exempted, finding => finding.Status == FindingStatus.Exempted);
        Count(ref _unchecked, finding => finding.Status == FindingStatus.Unchecked);
        foreach (var rule in decision.Findings.Where(finding => finding.Status == FindingStatus.Violated).Select(finding => finding.Rule.Id).Distinct())
            _rules[rule] = _rules.GetValueOrDefault(rule) + 1;

        void Count(ref int objects, Func<Finding, bool> isOne)
        {
            if (decision.Findings.Any(isOne))
                objects++;
        }
    }

    public JsonObject ToJson() => new() { ["denied"] = _denied, ["warned"] = _warned, ["audited"] = _audited, ["exempted"] = _exempted, ["unchecked"] = _unchecked };

    /// <summary>The number of objects that violate each rule.</summary>
    public JsonObject RulesToJson() => new(_rules.Select(rule => KeyValuePair.Create<string, JsonNode?>(rule.Key, rule.Value)));
}
