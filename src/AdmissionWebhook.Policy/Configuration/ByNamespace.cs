using AdmissionWebhook.Policy.Values;

namespace AdmissionWebhook.Policy.Configuration;

/// <summary>
/// Values for the namespaces whose name matches a pattern. The written order has no meaning: the API server does
/// not keep it.
/// </summary>
public sealed class ByNamespace<T>(IEnumerable<KeyValuePair<string, T>> entries)
{
    private readonly ImmutableArray<KeyValuePair<string, T>> _entries =
    [
        .. from entry in entries
           orderby entry.Key.Contains('*', StringComparison.Ordinal), entry.Key.Length descending, entry.Key
           select entry,
    ];

    /// <summary>The values for <paramref name="namespace"/>: first the one of the exact name, then those of longer patterns before shorter ones.</summary>
    public IEnumerable<T> For(string? @namespace) =>
        from entry in _entries
        where NamePattern.Matches(entry.Key, @namespace ?? "")
        select entry.Value;
}
