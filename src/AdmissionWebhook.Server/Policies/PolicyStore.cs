using AdmissionWebhook.Policy.Configuration.Schemas;
using AdmissionWebhook.Server.Cluster;

namespace AdmissionWebhook.Server.Policies;

/// <summary>The policies and exemptions of the cluster. A change is in force with the next request.</summary>
internal sealed partial class PolicyStore(Current<PolicySet> policies, ILogger<PolicyStore> logger)
{
    private const string Nothing = $"no {PolicyDocument.SupportedKind} is in force, so nothing is enforced";

    /// <summary>The maximum number of invalid documents to name; the others are only counted.</summary>
    private const int MostNamed = 5;

    private readonly Lock _changing = new();
    private bool? _enforces;
    private volatile ImmutableSortedDictionary<string, PolicyObject> _objects = ImmutableSortedDictionary.Create<string, PolicyObject>(StringComparer.Ordinal);

    /// <summary>All objects, including invalid ones.</summary>
    public IEnumerable<PolicyObject> Objects => _objects.Values;

    /// <summary>Warnings that do not affect readiness; null if there are none.</summary>
    public string? Detail
    {
        get
        {
            var mistaken = _objects.Values.Where(known => known.Written.Mistakes.Count > 0).Select(known => known.Path).ToList();
            var named = string.Join(", ", mistaken.Take(MostNamed)) + (mistaken.Count > MostNamed ? $" and {mistaken.Count - MostNamed} more" : "");
            var details = new[] { policies.Value.Policies.IsEmpty ? Nothing : "", mistaken.Count > 0 ? $"errors in {named}" : "" };
            return string.Join("; ", details.Where(detail => detail.Length > 0)) is { Length: > 0 } detail ? detail : null;
        }
    }

    public int CountOf(CustomResource resource) => _objects.Values.Count(known => known.Resource == resource);

    /// <summary>The number of invalid objects.</summary>
    public int CountMistaken(CustomResource resource) => _objects.Values.Count(known => known.Resource == resource && known.Written.Mistakes.Count > 0);

    public void Put(PolicyObject changed) => Change(changed.Resource, objects => objects.SetItem(changed.Path, Succeed(changed, objects)));

    public void Remove(CustomResource resource, ObjectName gone) => Change(resource, objects => objects.Remove(resource.ObjectPath(gone.Namespace, gone.Name)));

    public PolicyObject? Find(CustomResource resource, ObjectName name) => _objects.GetValueOrDefault(resource.ObjectPath(name.Namespace, name.Name));

    /// <summary>Replaces all objects of a kind.</summary>
    public void Replace(CustomResource resource, IReadOnlyCollection<PolicyObject> all) => Change(resource, objects =>
        objects.RemoveRange(objects.Values.Where(known => known.Resource == resource).Select(known => known.Path))
            .SetItems(all.Select(each => KeyValuePair.Create(each.Path, Succeed(each, objects)))));

    private void Change(CustomResource resource, Func<ImmutableSortedDictionary<string, PolicyObject>, ImmutableSortedDictionary<string, PolicyObject>> change)
    {
        lock (_changing)
        {
            var before = InForceOf(_objects);
            _objects = change(_objects);
            var (after, set) = (InForceOf(_objects), policies.Value);

            // Most events change only a status. Counts continue while the set stays the same.
            if (!after.SequenceEqual(before) && PolicySet.Of(after) is var next && next.Revision != set.Revision)
            {
                policies.Value = set = next;
                Log.InForce(logger, set.Revision, set.Policies.Length, set.Exemptions.Length);
            }

            // Before the first list of the policies it is unknown.
            if (resource != CustomResource.Policies)
                return;
            if (set.Policies.IsEmpty && _enforces is not false)
                Log.Nothing(logger, Nothing);
            _enforces = !set.Policies.IsEmpty;
        }
    }

    private static List<WrittenDocument> InForceOf(ImmutableSortedDictionary<string, PolicyObject> objects) =>
        [.. objects.Values.Select(known => known.InForce?.Document).OfType<WrittenDocument>()];

    private PolicyObject Succeed(PolicyObject changed, ImmutableSortedDictionary<string, PolicyObject> objects)
    {
        var before = objects.GetValueOrDefault(changed.Path);
        var after = changed.After(before);
        if (after.Written.Mistakes.Count > 0 && (before?.Uid, before?.Generation) != (after.Uid, after.Generation))
            Log.Refused(logger, after.Path, after.InForce is null ? "it is not in force" : "its last good version stays in force", string.Join(" ", after.Written.Mistakes));
        return after;
    }

    private static partial class Log
    {
        [LoggerMessage(LogLevel.Information, "Policy revision {Revision} is in force (policies: {Policies}, exemptions: {Exemptions})")]
        public static partial void InForce(ILogger logger, string revision, int policies, int exemptions);

        [LoggerMessage(LogLevel.Warning, "Allowing every request: {Detail}")]
        public static partial void Nothing(ILogger logger, string detail);

        [LoggerMessage(LogLevel.Error, "{Path} has errors; {Consequence}: {Mistakes}")]
        public static partial void Refused(ILogger logger, string path, string consequence, string mistakes);
    }
}
