using AdmissionWebhook.Policy.Resources;

namespace AdmissionWebhook.Policy.Configuration;

/// <summary>Values that hold for the namespaces whose name fits a pattern.</summary>
public sealed class ByNamespace<T>(ImmutableArray<KeyValuePair<string, T>> entries)
{
    /// <summary>The values for <paramref name="space"/>, in the order written.</summary>
    public IEnumerable<T> For(string? space) =>
        from entry in entries
        where NamePattern.Matches(entry.Key, space ?? "")
        select entry.Value;
}
