using AdmissionWebhook.Policy.Configuration;
using AdmissionWebhook.Policy.Evaluation;
using AdmissionWebhook.Policy.Resources;
using AdmissionWebhook.Policy.Rules;

namespace AdmissionWebhook.Cli;

/// <summary>The policies a user chose.</summary>
/// <param name="Paths">Where they stand; none for the built-in policy.</param>
/// <param name="Only">The rules to run; none for all that the policies want.</param>
internal sealed record PolicyChoice(IReadOnlyCollection<string> Paths, IReadOnlyCollection<string> Only)
{
    private const string ExemptionKind = "TrafficPolicyExemption";

    /// <summary>Whether nobody wrote a policy, so that its enforcement is nobody's wish.</summary>
    private bool IsBuiltIn => Paths.Count == 0;

    /// <summary>Reads them.</summary>
    /// <returns>Null when there is any mistake.</returns>
    public PolicySet? Read(ManifestReader reader)
    {
        var policies = IsBuiltIn ? PolicySet.Default : ReadPaths(reader);
        if (policies is null || Only.Count == 0)
            return policies;

        var mentioned = policies.Policies.SelectMany(policy => policy.Rules).Select(active => active.Rule.Id);
        var lacking = Only.Except(mentioned).SelectMany(RequiredParameters).ToList();
        reader.Mistakes.AddRange(lacking);
        return lacking.Count > 0 ? null : policies.Only(Only, enforcesAll: IsBuiltIn);
    }

    private PolicySet? ReadPaths(ManifestReader reader)
    {
        var before = reader.Mistakes.Count;
        var manifests = reader.Read(Paths);
        foreach (var exemption in manifests.Where(IsExemption))
            reader.Mistakes.Add($"{exemption.File}:{exemption.Line}: exemptions come with a later version; remove this {ExemptionKind}");
        if (manifests.IsEmpty && reader.Mistakes.Count == before)
            reader.Mistakes.Add($"{string.Join(", ", Paths)}: there is no TrafficPolicy");

        var mistakes = new List<SourceError>();
        var policies = PolicySet.Read(manifests.Where(manifest => !IsExemption(manifest)), mistakes);
        reader.Note(mistakes);
        return reader.Mistakes.Count > before ? null : policies;
    }

    private static bool IsExemption(Manifest manifest) => manifest.KindName == ExemptionKind;

    private static IEnumerable<string> RequiredParameters(string ruleId) =>
        from parameter in RuleCatalog.Find(ruleId)!.Parameters
        where parameter.IsRequired
        select $"--only {ruleId}: it needs its parameter {parameter.Name} ({parameter.Summary.TrimEnd('.')}); "
            + $"set spec.rules.{ruleId}.parameters.{parameter.Name} in a policy given with --policy";
}
