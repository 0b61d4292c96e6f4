using System.Security.Cryptography;
using System.Text;
using AdmissionWebhook.Policy.Evaluation;
using AdmissionWebhook.Policy.Kinds;
using AdmissionWebhook.Policy.Manifests;
using AdmissionWebhook.Policy.Rules;
using AdmissionWebhook.Policy.Values;

namespace AdmissionWebhook.Policy.Configuration;

/// <summary>The policies and exemptions in force: valid, resolved against the catalogue, immutable. A change makes a new set.</summary>
/// <param name="Policies">By name; if two policies set a default, the first one wins.</param>
/// <param name="Exemptions">By namespace and name, including expired ones; the first match is reported.</param>
/// <param name="Revision">Identifies the set in decision records; equal contents have equal revisions.</param>
public sealed record PolicySet(ImmutableArray<TrafficPolicy> Policies, ImmutableArray<Exemption> Exemptions, string Revision)
{
    /// <summary>No policy: everything is allowed.</summary>
    public static PolicySet None { get; } = new([], [], "none");

    /// <summary>The built-in organisation policy, used if no other policy exists.</summary>
    public static PolicySet Default { get; } = ReadDefault();

    /// <summary>The kinds of other objects that active rules or the scopes of policies look up.</summary>
    public IEnumerable<ResourceKind> Reads => ResourceKind.All.Where(kind => Policies.Any(policy => policy.Reads(kind)));

    /// <summary>Reads policies and exemptions from manifests. An object of another kind is an error.</summary>
    /// <param name="manifests">The documents, in any order.</param>
    /// <param name="errors">Every error with file and line.</param>
    /// <param name="defaultNamespace">The namespace of an exemption without one; null if each must have one.</param>
    /// <returns>Null if there is any error.</returns>
    public static PolicySet? Read(IEnumerable<Manifest> manifests, ICollection<SourceError> errors, string? defaultNamespace = null)
    {
        var before = errors.Count;
        var read = manifests.Select(manifest => (Manifest: manifest, Written: new WrittenDocument(manifest.Json, defaultNamespace))).OrderBy(each => each.Written.Content, StringComparer.Ordinal).ToList();
        foreach (var (manifest, written) in read)
        {
            foreach (var mistake in written.Mistakes)
                errors.Add(At(manifest, mistake));
        }

        foreach (var (manifest, twin) in read.GroupBy(each => each.Written.Identity).SelectMany(same => same.Skip(1)))
            errors.Add(At(manifest, new(FieldPath.Metadata / "name", $"name \"{twin.Document.Name}\" is already used by another {twin.Noun}")));

        return errors.Count > before ? null : Of(read.Select(each => each.Written));
    }

    /// <summary>The errors of one policy or exemption, with file and line; empty for any other object.</summary>
    /// <param name="manifest">The object.</param>
    /// <param name="defaultNamespace">The namespace of an exemption without one; null if each must have one.</param>
    public static IEnumerable<SourceError> MistakesIn(Manifest manifest, string? defaultNamespace = null) =>
        manifest.ApiVersion.StartsWith($"{Document.Group}/", StringComparison.Ordinal)
            ? new WrittenDocument(manifest.Json, defaultNamespace).Mistakes.Select(mistake => At(manifest, mistake))
            : [];

    /// <summary>Resolves valid documents with unique names.</summary>
    public static PolicySet Of(IEnumerable<WrittenDocument> documents)
    {
        var written = documents.OrderBy(document => document.Content, StringComparer.Ordinal).ToList();
        return written.Count == 0 ? None : new(
            [.. written.Select(document => document.Document).OfType<PolicyDocument>().Select(TrafficPolicy.Resolve).OrderBy(policy => policy.Name, StringComparer.Ordinal)],
            [.. written.Select(document => document.Document).OfType<ExemptionDocument>().Select(Exemption.Resolve).OrderBy(exemption => exemption.Namespace, StringComparer.Ordinal).ThenBy(exemption => exemption.Name, StringComparer.Ordinal)],
            Hash(written.Select(document => document.Content)));
    }

    /// <summary>This set with only the rules of <paramref name="ruleIds"/>.</summary>
    /// <param name="ruleIds">Ids of catalogue rules.</param>
    /// <param name="enforcesAll">Whether each of them has its strictest enforcement, regardless of the policies.</param>
    public PolicySet Only(IReadOnlyCollection<string> ruleIds, bool enforcesAll)
    {
        var policies = Policies.Select(policy => policy with { Rules = [.. policy.Rules.Where(active => ruleIds.Contains(active.Rule.Id))] }).ToList();
        var unmentioned = ruleIds.Where(id => policies.All(policy => policy.Rules.All(active => active.Rule.Id != id)));
        policies.Add(new("only", NamespaceScope.All, TellsDefaults: false, [.. unmentioned.Select(id => RuleCatalog.Find(id)!).Select(rule => new ActiveRule(rule, Strictest(rule), ParameterValues.Defaults))]));
        if (enforcesAll)
            policies = [.. policies.Select(policy => policy with { Rules = [.. policy.Rules.Select(active => active with { Enforcement = Strictest(active.Rule) })] })];
        return this with { Policies = [.. policies] };
    }

    /// <summary>This set, and the rules for manifests that none of its policies mentions.</summary>
    public PolicySet WithRulesOfManifests()
    {
        var unmentioned = RuleCatalog.All.Where(rule => rule.IsForManifests && Policies.All(policy => policy.Rules.All(active => active.Rule != rule)));
        ImmutableArray<ActiveRule> rules = [.. unmentioned.Select(rule => new ActiveRule(rule, Strictest(rule), ParameterValues.Defaults))];
        return rules.IsEmpty ? this : this with { Policies = [.. Policies, new("manifests", NamespaceScope.All, TellsDefaults: false, rules) { KnownControllers = [] }] };
    }

    private static SourceError At(Manifest manifest, PolicyError mistake) => new(manifest.File, manifest.LineOf(mistake.Field), mistake.ToString());

    private static Enforcement Strictest(Rule rule) => rule.Enforcements.Max();

    private static string Hash(IEnumerable<string> contents) =>
        Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(string.Join('\n', contents))))[..12];

    private static PolicySet ReadDefault()
    {
        using var resource = typeof(PolicySet).Assembly.GetManifestResourceStream("organisation.yaml")!;
        using var text = new StreamReader(resource);
        var errors = new List<SourceError>();
        return Read(Manifest.ReadAll("organisation.yaml", text.ReadToEnd(), errors), errors)
            ?? throw new InvalidOperationException("The built-in policy is invalid: " + string.Join(" ", errors));
    }
}
