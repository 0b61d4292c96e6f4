using System.Text.Json;

namespace AdmissionWebhook.Policy.Controllers;

/// <summary>An annotation that lists how hosts are served. Where no item of it means TLS, certificates beside it change nothing.</summary>
/// <param name="Annotation">Its whole name.</param>
/// <param name="On">The items that mean TLS, the one to use first; the empty one where the controller goes by its defaults.</param>
/// <param name="Comparison">How its name is read.</param>
public sealed record TlsSwitch(string Annotation, ImmutableArray<string> On, StringComparison Comparison)
{
    /// <summary>Whether an annotation turns TLS off.</summary>
    public bool IsOff(KeyValuePair<string, string> annotation) =>
        annotation.Key.Equals(Annotation, Comparison) && !annotation.Value.Split(',', StringSplitOptions.TrimEntries).Any(item => On.Contains(item));

    internal static TlsSwitch Read(JsonElement json, bool anyCase) => new(
        json.GetProperty("annotation").GetString()!,
        [.. json.GetProperty("on").EnumerateArray().Select(item => item.GetString()!)],
        anyCase ? StringComparison.OrdinalIgnoreCase : StringComparison.Ordinal);
}
