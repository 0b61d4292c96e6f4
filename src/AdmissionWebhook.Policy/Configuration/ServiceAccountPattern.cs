using System.Text.Json;
using System.Text.Json.Nodes;
using AdmissionWebhook.Policy.Configuration.Schemas;
using AdmissionWebhook.Policy.Values;

namespace AdmissionWebhook.Policy.Configuration;

/// <summary>
/// Service accounts, written <c>namespace/name</c>. Namespace and name are matched separately, so no pattern spans
/// both: <c>ops/*</c> is every account of ops and none of ops-x.
/// </summary>
/// <param name="Namespace">A name pattern.</param>
/// <param name="Name">A name pattern.</param>
public readonly record struct ServiceAccountPattern(string Namespace, string Name)
{
    private const string UserPrefix = "system:serviceaccount:";

    internal static JsonObject Schema => OpenApi.Form("[-a-z0-9.*]+/[-a-z0-9.*]+", 512);

    /// <summary>Whether the user is one of these service accounts.</summary>
    public bool Matches(string userName) =>
        userName.StartsWith(UserPrefix, StringComparison.Ordinal)
        && userName[UserPrefix.Length..].Split(':') is [var @namespace, var account]
        && NamePattern.Matches(Namespace, @namespace)
        && NamePattern.Matches(Name, account);

    internal static ServiceAccountPattern Read(JsonElement value, FieldPath at, ICollection<PolicyError> errors)
    {
        var text = ValueReaders.Text(value, at, errors);
        if (text.Split('/') is [var @namespace, var account] && IsPattern(@namespace) && IsPattern(account))
            return new(@namespace, account);
        if (text.Length > 0)
            errors.Add(new(at, $"\"{text}\" is not a valid service account; write namespace/name, like cert-manager/cert-manager or ops/*"));
        return default;
    }

    private static bool IsPattern(string text) => text.Length > 0 && text.All(letter => char.IsAsciiLetterLower(letter) || char.IsAsciiDigit(letter) || letter is '-' or '.' or '*');
}
