using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using AdmissionWebhook.Policy.Configuration.Schemas;
using AdmissionWebhook.Policy.Values;

namespace AdmissionWebhook.Policy.Configuration;

/// <summary>The label syntax of Kubernetes. A selector with any other label would silently never match.</summary>
internal static partial class LabelSyntax
{
    private const int LongestPrefix = 253;
    private const int LongestName = 63;

    private const string Name = "[A-Za-z0-9]([-A-Za-z0-9_.]*[A-Za-z0-9])?";
    private const string Prefix = "[a-z0-9]([-a-z0-9]*[a-z0-9])?([.][a-z0-9]([-a-z0-9]*[a-z0-9])?)*";
    private const string KeyForm = $"({Prefix}/)?{Name}";
    private const string ValueForm = $"({Name})?";

    public static JsonObject KeySchema => OpenApi.Form(KeyForm, LongestPrefix + 1 + LongestName);

    public static JsonObject ValueSchema => OpenApi.Form(ValueForm, LongestName);

    /// <summary>Why a label key is invalid; null if it is valid.</summary>
    public static string? ProblemOfKey(string key)
    {
        var slash = key.IndexOf('/', StringComparison.Ordinal);
        return HasKeyForm().IsMatch(key) && slash <= LongestPrefix && key.Length - slash - 1 <= LongestName
            ? null
            : $"\"{key}\" is not a valid label key; use at most {LongestName} letters, digits, '-', '_' and '.', like team or example.com/team";
    }

    public static string ReadKey(JsonElement value, FieldPath at, ICollection<PolicyError> errors)
    {
        var key = ValueReaders.Text(value, at, errors);
        if (key.Length > 0 && ProblemOfKey(key) is { } problem)
            errors.Add(new(at, problem));
        return key;
    }

    public static string ReadValue(JsonElement value, FieldPath at, ICollection<PolicyError> errors)
    {
        if (value.ValueKind != JsonValueKind.String)
        {
            errors.Add(PolicyError.WrongType(at, "a string", value));
            return "";
        }

        var text = value.GetString()!;
        if (text.Length > LongestName || !HasValueForm().IsMatch(text))
            errors.Add(new(at, $"\"{text}\" is not a valid label value; use at most {LongestName} letters, digits, '-', '_' and '.', like web or v1.2"));
        return text;
    }

    [GeneratedRegex($@"^{KeyForm}\z", RegexOptions.ExplicitCapture | RegexOptions.CultureInvariant)]
    private static partial Regex HasKeyForm();

    [GeneratedRegex($@"^{ValueForm}\z", RegexOptions.ExplicitCapture | RegexOptions.CultureInvariant)]
    private static partial Regex HasValueForm();
}
