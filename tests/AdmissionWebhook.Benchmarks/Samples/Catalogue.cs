using AdmissionWebhook.Policy.Configuration;
using AdmissionWebhook.Policy.Manifests;
using AdmissionWebhook.Policy.Rules;
using AdmissionWebhook.TestSupport;

namespace AdmissionWebhook.Benchmarks.Samples;

/// <summary>The whole catalogue in one policy.</summary>
internal static class Catalogue
{
    /// <summary>Every rule at its strictest, with the parameters that the preset strict gives it: none that leaves a rule without work.</summary>
    public static PolicySet AtItsStrictest()
    {
        var file = Repository.PathOf("config", "policies", "strict.yaml");
        var errors = new List<SourceError>();
        var written = PolicySet.Read(Manifest.ReadAll(file, File.ReadAllText(file), errors), errors) ?? throw new InvalidOperationException(string.Join('\n', errors));
        var policies = written.Only([.. RuleCatalog.All.Select(rule => rule.Id)], enforcesAll: true);
        if (policies.Policies.Sum(policy => policy.Rules.Count(active => active.Enforcement == active.Rule.Enforcements.Max())) != RuleCatalog.All.Length)
            throw new InvalidOperationException("Some rule is missing.");
        return policies;
    }
}
