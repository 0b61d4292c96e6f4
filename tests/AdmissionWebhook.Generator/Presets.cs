using AdmissionWebhook.Policy.Configuration;
using AdmissionWebhook.Policy.Evaluation;
using AdmissionWebhook.Policy.Manifests;
using AdmissionWebhook.Policy.Rules;
using AdmissionWebhook.TestSupport;

namespace AdmissionWebhook.Generator;

/// <summary>
/// The policies of config/policies. A rule that a preset says nothing of gets the level that the preset's name promises, after the line of the rule before
/// it in the catalogue; a level that is written there stays, and so do comments.
/// </summary>
public static class Presets
{
    /// <summary>Each preset, and the level of a rule that it says nothing of.</summary>
    public static IReadOnlyDictionary<string, Func<Rule, Enforcement>> Levels { get; } = new Dictionary<string, Func<Rule, Enforcement>>
    {
        ["observe"] = rule => rule is MutationRule ? Enforcement.Off : Enforcement.Audit,
        ["gitops"] = rule => rule.ByDefault,
        ["organisation"] = rule => rule.ByDefault,
        ["strict"] = rule => rule.Enforcements.Max(),
    };

    /// <summary>A preset with a line for each rule of the catalogue. A rule that cannot do without a parameter is off.</summary>
    public static string Complete(string preset, Func<Rule, Enforcement> levelOf)
    {
        var lines = File.ReadAllText(Repository.PathOf("config", "policies", $"{preset}.yaml")).Split('\n').ToList();
        var last = lines.FindIndex(line => line.Trim() == "rules:");
        foreach (var rule in RuleCatalog.All.Where(rule => !rule.IsForManifests))
        {
            var at = lines.FindIndex(line => line.TrimStart().StartsWith($"{rule.Id}:", StringComparison.Ordinal));
            if (at < 0)
                lines.Insert(at = last + 1, $"    {rule.Id}: {{enforcement: {(LevelOf(rule) is Enforcement.Off ? "\"Off\"" : LevelOf(rule))}}}");
            last = at;
        }

        return string.Join('\n', lines);

        Enforcement LevelOf(Rule rule) => rule.Parameters.Any(parameter => parameter.IsRequired) ? Enforcement.Off : levelOf(rule);
    }

    /// <summary>A preset as the webhook reads it, with the rules that it says nothing of.</summary>
    public static TrafficPolicy Read(string preset)
    {
        var errors = new List<SourceError>();
        var policies = PolicySet.Read(Manifest.ReadAll(preset, Complete(preset, Levels[preset]), errors), errors);
        SampleException.ThrowIfAny(errors);
        return policies!.Policies.Single();
    }
}
