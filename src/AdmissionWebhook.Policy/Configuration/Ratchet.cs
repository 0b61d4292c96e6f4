using System.Text.Json;
using System.Text.Json.Nodes;
using AdmissionWebhook.Policy.Configuration.Schemas;
using AdmissionWebhook.Policy.Values;

namespace AdmissionWebhook.Policy.Configuration;

/// <summary>Whether an update is denied only for what it makes worse, so that objects older than a rule can still change.</summary>
/// <param name="IsEnabled">Whether it is enabled.</param>
/// <param name="Until">The first instant at which it no longer applies; null for never.</param>
public sealed record Ratchet(bool IsEnabled, DateTimeOffset? Until)
{
    /// <summary>The default: enabled, without an end.</summary>
    public static Ratchet Default { get; } = new(true, null);

    internal static JsonObject Schema => OpenApi.Map(
        ("enabled", OpenApi.Flag.As("Default: true.")),
        ("until", OpenApi.Instant.As("When existing violations are denied too, like 2027-01-31T18:00:00Z. Default: never.")));

    /// <summary>Whether it applies at an instant.</summary>
    public bool AppliesAt(DateTimeOffset now) => IsEnabled && (Until is not { } until || now < until);

    internal static Ratchet Read(JsonElement value, FieldPath at, ICollection<PolicyError> errors)
    {
        var ratchet = new Members(value, at, errors, "enabled", "until");
        return new(
            ratchet.Read("enabled", ValueReaders.Flag, Default.IsEnabled),
            ratchet.Read("until", (instant, place, mistakes) => ValueReaders.Instant(instant, place, mistakes), (DateTimeOffset?)null));
    }
}
