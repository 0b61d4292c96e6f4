namespace AdmissionWebhook.Policy.Values;

/// <summary>
/// A DNS name as traffic rules use it: lower case, without the trailing dot. Empty and <c>*</c> mean every host;
/// <c>*.example.com</c> means one more label (RFC 6125, and the Ingress API says the same), so not <c>a.b.example.com</c>.
/// </summary>
public readonly record struct Host
{
    private Host(string name) => Name = name;

    /// <summary>Every host.</summary>
    public static Host Any { get; } = new("");

    /// <summary>The normalised name; empty for every host.</summary>
    public string Name { get => field ?? ""; }

    /// <summary>Whether it takes the traffic of every host.</summary>
    public bool IsAny => Name.Length == 0;

    /// <summary>Whether it takes the traffic of all direct subdomains of a name.</summary>
    public bool IsWildcard => Name.StartsWith("*.", StringComparison.Ordinal);

    /// <summary>Whether a controller reads it as a regular expression or a suffix, as nginx does in server-alias. It is unknown which hosts it matches.</summary>
    public bool IsPattern => Name is ['~' or '.', ..];

    /// <summary>The wildcard that would cover this host: <c>*.example.com</c> for <c>a.example.com</c>; null when there is none.</summary>
    public string? CoveringWildcard =>
        Name.IndexOf('.', StringComparison.Ordinal) is var dot and > 0 && !IsWildcard ? string.Concat("*", Name.AsSpan(dot)) : null;

    /// <summary>Reads a host as written in an object; null is every host.</summary>
    public static Host Parse(string? text)
    {
        if (string.IsNullOrEmpty(text))
            return Any;

        var name = text.AsSpan().Trim().TrimEnd('.');
        return name is "*" ? Any : new(IsNormal(name, text) ? text : name.ToString().ToLowerInvariant());
    }

    /// <summary>Whether every host that <paramref name="other"/> means is meant by this one too.</summary>
    public bool Covers(Host other) => IsAny || Name == other.Name || (IsWildcard && other.CoveringWildcard == Name);

    /// <summary>Whether it is <paramref name="suffix"/> or lies below it, at a label's border.</summary>
    public bool IsWithin(string suffix) =>
        Name == suffix || (!IsPattern && Name.EndsWith(suffix, StringComparison.Ordinal) && Name[^(suffix.Length + 1)] == '.');

    /// <inheritdoc/>
    public bool Equals(Host other) => Name == other.Name;

    /// <inheritdoc/>
    public override int GetHashCode() => Name.GetHashCode(StringComparison.Ordinal);

    /// <inheritdoc/>
    public override string ToString() => IsAny ? "*" : Name;

    private static bool IsNormal(ReadOnlySpan<char> name, string text) =>
        name.Length == text.Length && name.IndexOfAnyInRange('A', 'Z') < 0 && System.Text.Ascii.IsValid(name);
}
