using System.Collections.Concurrent;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using AdmissionWebhook.Server.Settings;
using Microsoft.IdentityModel.JsonWebTokens;
using Microsoft.IdentityModel.Tokens;

namespace AdmissionWebhook.Server.Callers;

/// <summary>
/// Verifies tokens of callers with the keys of one file, without a call: signature, issuer, audience, lifetime, and whether the token is for an API
/// server (KEP-6060).
/// </summary>
internal sealed class TokenAuthority(IReadOnlyList<SecurityKey> keys, CallerTokenSettings settings, TimeProvider time)
{
    /// <summary>The longest lifetime of a token, by the KEP. A stolen token soon expires.</summary>
    private static readonly TimeSpan LongestLife = TimeSpan.FromMinutes(10);

    private static readonly TimeSpan ClockSkew = TimeSpan.FromSeconds(30);

    /// <summary>API servers have one token for each registered webhook and use it until it expires.</summary>
    private const int MostKnown = 256;

    private readonly JsonWebTokenHandler _handler = new() { MapInboundClaims = false };
    private readonly ConcurrentDictionary<string, Known> _known = new();

    private readonly TokenValidationParameters _parameters = new()
    {
        IssuerSigningKeys = keys,
        TryAllIssuerSigningKeys = false,
        ValidAlgorithms =
            [SecurityAlgorithms.RsaSha256, SecurityAlgorithms.EcdsaSha256, SecurityAlgorithms.EcdsaSha384, SecurityAlgorithms.EcdsaSha512],
        ValidIssuer = settings.Issuer,
        ValidAudiences = settings.Audiences,
        LifetimeValidator = (notBefore, expires, _, _) => expires is { } end
            && time.GetUtcNow().UtcDateTime is var now && now < end + ClockSkew && (notBefore ?? now) <= now + ClockSkew,
    };

    /// <summary>Trusts no token; before the file has been read.</summary>
    public static TokenAuthority Nobody { get; } = new([], new(Jwks: null), TimeProvider.System);

    /// <summary>The API group that a token attests, <c>*</c> for any; or the reason of the rejection.</summary>
    public async ValueTask<(string? Group, string? Fault)> VerifyAsync(string token)
    {
        var hash = Convert.ToHexString(SHA256.HashData(Encoding.UTF8.GetBytes(token)));
        if (_known.TryGetValue(hash, out var known) && time.GetUtcNow() < known.End)
            return (known.Group, null);

        var result = await _handler.ValidateTokenAsync(token, _parameters);
        if (!result.IsValid || result.SecurityToken is not JsonWebToken verified)
            return (null, result.Exception is SecurityTokenInvalidLifetimeException ? "expired" : "untrusted");
        if (LifeOf(verified) > LongestLife || verified.IssuedAt > time.GetUtcNow().UtcDateTime + ClockSkew)
            return (null, "untrusted");
        if ((AttestedGroup(verified) ?? (settings.Subjects.Contains(verified.Subject) ? "*" : null)) is not { } group)
            return (null, "unnamed");

        if (_known.Count >= MostKnown)
            _known.Clear();
        _known[hash] = new(group, verified.ValidTo);
        return (group, null);
    }

    private static TimeSpan LifeOf(JsonWebToken token)
    {
        // If it names both, the earlier one: a future issue time would make a long lifetime look short.
        DateTime[] begins = [.. new[] { token.IssuedAt, token.ValidFrom }.Where(begin => begin != DateTime.MinValue)];
        return begins.Length == 0 ? TimeSpan.MaxValue : token.ValidTo - begins.Min();
    }

    /// <summary>The API server attests it only if RBAC permits it; any user that may create tokens can choose subject and audience.</summary>
    private static string? AttestedGroup(JsonWebToken token) =>
        token.TryGetPayloadValue<JsonElement>("kubernetes.io", out var claims) && claims.ValueKind == JsonValueKind.Object
        && claims.TryGetProperty("attestations", out var attestations) && attestations.ValueKind == JsonValueKind.Object
        && attestations.TryGetProperty("admissionReviewAPIGroups", out var groups)
        && groups.ValueKind == JsonValueKind.Array && groups.GetArrayLength() == 1 && groups[0].ValueKind == JsonValueKind.String
            ? groups[0].GetString()
            : null;

    private sealed record Known(string Group, DateTimeOffset End);
}
