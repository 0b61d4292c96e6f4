using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using AdmissionWebhook.Policy.Evaluation;
using AdmissionWebhook.Policy.Resources;
using AdmissionWebhook.Policy.Rules;

namespace AdmissionWebhook.Policy.Configuration;

/// <summary>The policies in force: valid, resolved against the catalogue, immutable. A change makes a new set.</summary>
/// <param name="Policies">By name, which also settles which of two defaults is filled in.</param>
/// <param name="Revision">Tells two sets apart in decision records; equal contents have equal revisions.</param>
public sealed record PolicySet(ImmutableArray<TrafficPolicy> Policies, string Revision)
{
    /// <summary>No policy: everything is allowed.</summary>
    public static PolicySet None { get; } = new([], "none");

    /// <summary>The built-in organisation policy, for who has not written one yet.</summary>
    public static PolicySet Default { get; } = ReadDefault();

    /// <summary>The kinds of other objects that rules in force look up, or that policies select by.</summary>
    public IEnumerable<ResourceKind> Reads => ResourceKind.All.Where(kind => Policies.Any(policy => policy.Reads(kind)));

    /// <summary>Reads policies from manifests. Objects of other kinds are mistakes: in a policy file they are a slip.</summary>
    /// <param name="manifests">The documents, in any order.</param>
    /// <param name="errors">Every mistake with file and line.</param>
    /// <returns>Null when there is any mistake.</returns>
    public static PolicySet? Read(IEnumerable<Manifest> manifests, ICollection<SourceError> errors)
    {
        var (before, documents, hash) = (errors.Count, new List<PolicyDocument>(), IncrementalHash.CreateHash(HashAlgorithmName.SHA256));
        foreach (var manifest in manifests.OrderBy(manifest => Encoding.UTF8.GetString(manifest.Json), StringComparer.Ordinal))
        {
            using var json = JsonDocument.Parse(manifest.Json);
            var document = PolicyDocument.Read(json.RootElement.Clone());
            documents.Add(document);
            hash.AppendData(manifest.Json);
            foreach (var mistake in PolicyDocumentValidator.Check(document))
                errors.Add(new(manifest.File, manifest.LineOf(mistake.Field), mistake.ToString()));
            if (documents.Count(other => other.Name == document.Name) > 1)
                errors.Add(new(manifest.File, manifest.LineOf(FieldPath.Metadata / "name"), $"metadata.name: another policy is named {document.Name} too."));
        }

        return errors.Count > before ? null : new(
            [.. documents.Select(TrafficPolicy.Resolve).OrderBy(policy => policy.Name, StringComparer.Ordinal)],
            Convert.ToHexStringLower(hash.GetHashAndReset())[..12]);
    }

    /// <summary>This set with the rules of <paramref name="ruleIds"/> alone.</summary>
    /// <param name="ruleIds">Ids of catalogue rules.</param>
    /// <param name="enforcesAll">Whether every one of them is at its strictest, whatever the policies say.</param>
    public PolicySet Only(IReadOnlyCollection<string> ruleIds, bool enforcesAll)
    {
        var policies = Policies.Select(policy => policy with { Rules = [.. policy.Rules.Where(active => ruleIds.Contains(active.Rule.Id))] }).ToList();
        var unmentioned = ruleIds.Where(id => policies.All(policy => policy.Rules.All(active => active.Rule.Id != id)));
        policies.Add(new("only", NamespaceScope.All, TellsDefaults: false, [.. unmentioned.Select(id => RuleCatalog.Find(id)!).Select(rule => new ActiveRule(rule, Strictest(rule), ParameterValues.Defaults))]));
        if (enforcesAll)
            policies = [.. policies.Select(policy => policy with { Rules = [.. policy.Rules.Select(active => active with { Enforcement = Strictest(active.Rule) })] })];
        return new([.. policies], Revision);
    }

    private static Enforcement Strictest(Rule rule) => rule.Enforcements.Max();

    private static PolicySet ReadDefault()
    {
        using var resource = typeof(PolicySet).Assembly.GetManifestResourceStream("organisation.yaml")!;
        using var text = new StreamReader(resource);
        var errors = new List<SourceError>();
        return Read(Manifest.ReadAll("organisation.yaml", text.ReadToEnd(), errors), errors)
            ?? throw new InvalidOperationException("The built-in policy is invalid: " + string.Join(" ", errors));
    }
}

/// <summary>One policy in force.</summary>
/// <param name="Name">metadata.name.</param>
/// <param name="Namespaces">Whom it speaks for.</param>
/// <param name="TellsDefaults">Whether users are warned of every default that is filled in, so that they write it down.</param>
/// <param name="Rules">Its rules in catalogue order, those that are off included.</param>
public sealed record TrafficPolicy(string Name, NamespaceScope Namespaces, bool TellsDefaults, ImmutableArray<ActiveRule> Rules)
{
    internal bool Reads(ResourceKind kind) =>
        (kind == ResourceKind.Namespace && !Namespaces.MatchLabels.IsEmpty)
        || Rules.Any(active => active.Enforcement != Enforcement.Off && active.Rule.Reads.Contains(kind));

    internal static TrafficPolicy Resolve(PolicyDocument document)
    {
        var settings = document.Rules.Select(setting => ActiveRule.Resolve(setting, [])!).ToDictionary(active => active.Rule);
        return new(document.Name!, document.Namespaces, document.TellsDefaults, [.. RuleCatalog.All.Where(settings.ContainsKey).Select(rule => settings[rule])]);
    }
}
