using AdmissionWebhook.Policy.Evaluation;
using AdmissionWebhook.Policy.Kinds;
using AdmissionWebhook.Policy.Rules;

namespace AdmissionWebhook.Generator;

/// <summary>What the API server asks the webhook about, from the rules that judge it, and what the webhook may read, from the kinds that they look up.</summary>
public static class Registration
{
    /// <summary>The files that have a region of it.</summary>
    public static ImmutableArray<string> Files { get; } =
    [
        "config/webhook/webhooks.yaml",
        "config/webhook/deletions/kustomization.yaml",
        "config/webhook/status/kustomization.yaml",
        "config/rbac/cluster-role.yaml",
        "charts/admission-webhook/templates/webhooks.yaml",
        "charts/admission-webhook/templates/rbac.yaml",
    ];

    /// <summary>The regions: a registration for each phase, API group and way to fail, and the permissions.</summary>
    public static IReadOnlyDictionary<string, ImmutableArray<string>> Regions { get; } = new Dictionary<string, ImmutableArray<string>>
    {
        ["defaults"] = Asked(rule => rule.Phase == AdmissionPhase.Mutating, Operation.Create | Operation.Update),
        ["ingresses"] = Asked(rule => rule is { Phase: AdmissionPhase.Validating, SubResource: null }, Operation.Create | Operation.Update, "networking.k8s.io"),
        ["services"] = Asked(rule => rule is { Phase: AdmissionPhase.Validating, SubResource: null }, Operation.Create | Operation.Update, ""),
        ["deletions"] = Asked(rule => rule.Phase == AdmissionPhase.Validating, Operation.Delete),
        ["status"] = Asked(rule => rule.SubResource is not null, Operation.Create | Operation.Update),
        ["watched"] = Read(kind => !kind.IsWatchedOnDemand),
        ["watched on demand"] = Read(kind => kind is { IsWatchedOnDemand: true, FieldSelector: null }),
    };

    private static ImmutableArray<string> Asked(Func<Rule, bool> asks, Operation among, string? apiGroup = null) =>
    [
        .. from rule in RuleCatalog.All
           where asks(rule) && (rule.Operations & among) != Operation.None
           from kind in rule.Kinds
           where apiGroup is null || kind.ApiGroup == apiGroup
           group rule by (Kind: kind, Resource: rule.SubResource is { } part ? $"{kind.Plural}/{part}" : kind.Plural) into judged
           let asked = (judged.Key.Kind, judged.Key.Resource, Operations: judged.Aggregate(Operation.None, (all, rule) => all | rule.Operations) & among)
           orderby ResourceKind.All.IndexOf(asked.Kind)
           group asked by (asked.Kind.ApiGroup, asked.Operations) into alike
           select $"- {{apiGroups: [{Quoted(alike.Key.ApiGroup)}], apiVersions: [{VersionOf(alike.First().Kind)}], resources: [{string.Join(", ", alike.Select(asked => asked.Resource))}], "
               + $"operations: [{Names(alike.Key.Operations)}], scope: {ScopeOf([.. alike.Select(asked => asked.Kind)])}}}",
    ];

    private static ImmutableArray<string> Read(Func<ResourceKind, bool> isMeant) =>
    [
        .. from kind in ResourceKind.All
           where isMeant(kind)
           group kind.Plural by (kind.ApiGroup, IsReadLive: IsReadLive(kind)) into resources
           select $"- {{apiGroups: [{Quoted(resources.Key.ApiGroup)}], resources: [{string.Join(", ", resources)}], verbs: [{(resources.Key.IsReadLive ? "get, " : "")}list, watch]}}",
    ];

    /// <summary>What a rule looks up in a review is read again before a denial, and so are the namespaces that policies select.</summary>
    private static bool IsReadLive(ResourceKind kind) =>
        kind == ResourceKind.Namespace || RuleCatalog.All.Any(rule => rule.Operations != Operation.None && rule.Reads.Contains(kind));

    private static string Quoted(string group) => group.Length == 0 ? "\"\"" : group;

    private static string VersionOf(ResourceKind kind) => kind.ApiVersion[(kind.ApiVersion.IndexOf('/', StringComparison.Ordinal) + 1)..];

    private static string Names(Operation operations) =>
        string.Join(", ", Enum.GetValues<Operation>().Where(operation => operation != Operation.None && operations.HasFlag(operation)).Select(operation => operation.ToString().ToUpperInvariant()));

    private static string ScopeOf(ImmutableArray<ResourceKind> kinds) =>
        kinds.All(kind => kind.IsNamespaced) ? "Namespaced" : kinds.Any(kind => kind.IsNamespaced) ? "\"*\"" : "Cluster";
}
