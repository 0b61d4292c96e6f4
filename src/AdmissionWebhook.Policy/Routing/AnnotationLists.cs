using AdmissionWebhook.Policy.Controllers;

namespace AdmissionWebhook.Policy.Routing;

/// <summary>Lists in annotations, read once for all backends of an Ingress: one list can be as long as all annotations together.</summary>
internal sealed class AnnotationLists
{
    private const int Short = 256;

    private Dictionary<string, HashSet<string>>? _names;
    private Dictionary<string, IReadOnlyDictionary<string, string>?>? _members;

    /// <summary>Whether names separated by commas hold a name.</summary>
    public bool Has(string? names, string name)
    {
        if (names is null)
            return false;

        if (names.Length > Short)
        {
            _names ??= new(ReferenceEqualityComparer.Instance);
            if (!_names.TryGetValue(names, out var set))
                _names[names] = set = [.. names.Split(',', StringSplitOptions.TrimEntries)];
            return set.Contains(name);
        }

        foreach (var part in names.AsSpan().Split(','))
        {
            if (names.AsSpan(part).Trim().SequenceEqual(name))
                return true;
        }

        return false;
    }

    /// <summary>The members of a JSON object; null if the annotation is no JSON object.</summary>
    public IReadOnlyDictionary<string, string>? MembersOf(string json)
    {
        _members ??= new(ReferenceEqualityComparer.Instance);
        if (!_members.TryGetValue(json, out var members))
            _members[json] = members = AnnotationJson.Read(json) is [var only] ? only : null;
        return members;
    }
}
