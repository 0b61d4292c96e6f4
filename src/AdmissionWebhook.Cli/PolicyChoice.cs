using AdmissionWebhook.Policy.Manifests;
using AdmissionWebhook.Policy.Rules;

namespace AdmissionWebhook.Cli;

/// <summary>The policies and exemptions that the user chose.</summary>
/// <param name="Paths">Their files and folders; none for the built-in policy.</param>
/// <param name="Only">The rules to run; none for all rules of the policies.</param>
/// <param name="Namespace">The namespace of exemptions that name none; null if each must name one.</param>
internal sealed record PolicyChoice(IReadOnlyCollection<string> Paths, IReadOnlyCollection<string> Only, string? Namespace)
{
    /// <summary>Whether the built-in policy applies, whose enforcement no user chose.</summary>
    private bool IsBuiltIn => Paths.Count == 0;

    /// <summary>Reads the policies.</summary>
    /// <returns>Null if there is any error.</returns>
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
        var mistakes = new List<SourceError>();
        var policies = PolicySet.Read(manifests, mistakes, Namespace);
        reader.Note(mistakes);

        // Without a policy everything is allowed. Exemptions without a policy are more likely an error than a wish for that.
        if (policies is { Policies.IsEmpty: true } && reader.Mistakes.Count == before)
            reader.Mistakes.Add($"{string.Join(", ", Paths)}: a {PolicyDocument.SupportedKind} is required; found none");
        return reader.Mistakes.Count > before ? null : policies;
    }

    private static IEnumerable<string> RequiredParameters(string ruleId) =>
        from parameter in RuleCatalog.Find(ruleId)!.Parameters
        where parameter.IsRequired
        select $"--only {ruleId}: parameter {parameter.Name} is required ({parameter.Summary.TrimEnd('.')}); "
            + $"set spec.rules.{ruleId}.parameters.{parameter.Name} in a policy for --policy";
}
