using System.Globalization;

namespace AdmissionWebhook.Policy.Values;

/// <summary>A Service port as a backend refers to it: by number or by name. The API server refuses both at once.</summary>
public readonly record struct PortReference(int? Number, string? Name)
{
    /// <summary>Whether neither is given.</summary>
    public bool IsEmpty => Number is null && string.IsNullOrEmpty(Name);

    /// <summary>Whether a port of this number and name is meant. A number never matches by name: an unnamed port has the empty name.</summary>
    public bool Matches(int? number, string name) => Number is { } mine ? number == mine : name == Name && !IsEmpty;

    /// <inheritdoc/>
    public override string ToString() => Number?.ToString(CultureInfo.InvariantCulture) ?? $"\"{Name}\"";
}
