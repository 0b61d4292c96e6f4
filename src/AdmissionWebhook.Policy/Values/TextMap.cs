using System.Collections;

namespace AdmissionWebhook.Policy.Values;

/// <summary>
/// Labels or annotations. Objects carry few of them and the webhook keeps tens of thousands of objects, so the entries
/// stand in one array and are searched from the end: of a key written twice the last counts, as in Kubernetes.
/// </summary>
/// <remarks>A map with many entries gets a dictionary when it is first searched: an object can carry 20,000 annotations, and rules look up many.</remarks>
public sealed class TextMap(ImmutableArray<KeyValuePair<string, string>> entries) : IEnumerable<KeyValuePair<string, string>>
{
    private const int Few = 16;

    private Dictionary<string, string>? _byKey;

    /// <summary>No entries.</summary>
    public static TextMap Empty { get; } = new([]);

    /// <summary>Whether there are none.</summary>
    public bool IsEmpty => entries.IsEmpty;

    /// <summary>The value of <paramref name="key"/>, or null.</summary>
    public string? this[string key]
    {
        get
        {
            if (entries.Length > Few)
                return (_byKey ??= Index(entries)).GetValueOrDefault(key);

            for (var i = entries.Length - 1; i >= 0; i--)
            {
                if (entries[i].Key == key)
                    return entries[i].Value;
            }

            return null;
        }
    }

    /// <summary>In the order written; walked without an allocation.</summary>
    public ImmutableArray<KeyValuePair<string, string>> Entries => entries;

    /// <summary>Whether every key has the same value here as in <paramref name="other"/>.</summary>
    public bool IsSameAs(TextMap other) => this.All(entry => other[entry.Key] == this[entry.Key]) && other.All(entry => this[entry.Key] is not null);

    /// <summary>Whether <paramref name="other"/> has every entry of this one.</summary>
    public bool IsWithin(TextMap other)
    {
        foreach (var (key, value) in entries)
        {
            if (other[key] != value)
                return false;
        }

        return true;
    }

    /// <summary>In the order written.</summary>
    public IEnumerator<KeyValuePair<string, string>> GetEnumerator() => entries.AsEnumerable().GetEnumerator();

    private static Dictionary<string, string> Index(ImmutableArray<KeyValuePair<string, string>> entries)
    {
        var byKey = new Dictionary<string, string>(entries.Length);
        foreach (var (key, value) in entries)
            byKey[key] = value;
        return byKey;
    }

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();
}
