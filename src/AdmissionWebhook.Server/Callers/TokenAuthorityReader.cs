using AdmissionWebhook.KubernetesApi;
using AdmissionWebhook.Server.Settings;
using Microsoft.IdentityModel.Tokens;

namespace AdmissionWebhook.Server.Callers;

/// <summary>
/// Reads a JSON Web Key Set. Keys must be public keys for signatures, RSA keys with at least 2048 bits: with a shared secret any holder of
/// it could sign.
/// </summary>
internal sealed class TokenAuthorityReader(CallerTokenSettings settings, TimeProvider time)
{
    private const int SmallestRsa = 2048;

    public TokenAuthority? Read(IReadOnlyList<ManifestFile> files, ICollection<string> mistakes)
    {
        var (before, keys) = (mistakes.Count, new List<SecurityKey>());
        try
        {
            foreach (var key in files.SelectMany(file => JsonWebKeySet.Create(file.Text).Keys).Where(key => key.Use is null or "sig"))
            {
                if (FaultOf(key) is { } fault)
                    mistakes.Add($"{settings.Jwks}: key \"{key.Kid}\" {fault}");
                keys.Add(key);
            }
        }
        catch (Exception unreadable) when (unreadable is ArgumentException or System.Text.Json.JsonException)
        {
            mistakes.Add($"{settings.Jwks}: is not a JSON Web Key Set: {unreadable.GetBaseException().Message}");
        }

        if (keys.Count == 0 && mistakes.Count == before)
            mistakes.Add($"{settings.Jwks}: must hold a key for signatures");
        return mistakes.Count > before ? null : new(keys, settings, time);
    }

    private static string? FaultOf(JsonWebKey key) => key switch
    {
        { Kty: not (JsonWebAlgorithmsKeyTypes.RSA or JsonWebAlgorithmsKeyTypes.EllipticCurve) } => $"must be of type RSA or EC, not \"{key.Kty}\"",
        { D.Length: > 0 } => "must not hold a private key; remove the file and replace the key",
        { Kid: null or "" } => "must have a kid; tokens name their key with it",
        { Kty: JsonWebAlgorithmsKeyTypes.RSA, KeySize: < SmallestRsa } => $"must have at least {SmallestRsa} bits, not {key.KeySize}",
        _ when !JsonWebKeyConverter.TryConvertToSecurityKey(key, out _) => "is not a valid key",
        { Kty: JsonWebAlgorithmsKeyTypes.EllipticCurve, Crv: not ("P-256" or "P-384" or "P-521") } => $"must be on the curve P-256, P-384 or P-521, not \"{key.Crv}\"",
        _ => null,
    };
}
