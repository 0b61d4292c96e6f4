using System.Text.Json;
using AdmissionWebhook.Policy.Values;

namespace AdmissionWebhook.Policy.Configuration;

/// <summary>The members of a JSON object as written: a wrong type or an unknown name becomes an error, and null means absent.</summary>
internal readonly struct Members
{
    private readonly JsonElement _object;
    private readonly FieldPath _at;
    private readonly ICollection<PolicyError> _errors;

    /// <param name="value">The object; may be absent.</param>
    /// <param name="at">Its place.</param>
    /// <param name="errors">The list of errors.</param>
    /// <param name="known">The allowed names; empty for any.</param>
    public Members(JsonElement value, FieldPath at, ICollection<PolicyError> errors, params string[] known)
    {
        (_object, _at, _errors) = (value, at, errors);
        if (IsAbsent(value))
            return;

        if (value.ValueKind != JsonValueKind.Object)
        {
            errors.Add(PolicyError.WrongType(at, "a map", value));
            _object = default;
            return;
        }

        foreach (var member in value.EnumerateObject().Where(member => known.Length > 0 && !known.Contains(member.Name)))
            errors.Add(PolicyError.NoSuchName(at / member.Name, "field", member.Name, known));
    }

    /// <summary>Every member, in the order written.</summary>
    public IEnumerable<JsonProperty> All => _object.ValueKind == JsonValueKind.Object ? _object.EnumerateObject() : [];

    /// <summary>The value of a member; undefined if absent.</summary>
    public JsonElement this[string name] =>
        _object.ValueKind == JsonValueKind.Object && _object.TryGetProperty(name, out var value) && !IsAbsent(value) ? value : default;

    /// <summary>The text of a member, or null.</summary>
    public string? Text(string name)
    {
        var value = this[name];
        if (value.ValueKind is JsonValueKind.String)
            return value.GetString();

        if (!IsAbsent(value))
            _errors.Add(PolicyError.WrongType(_at / name, "a string", value));
        return null;
    }

    /// <summary>A member as <paramref name="reader"/> reads it, or <paramref name="otherwise"/> if it is absent.</summary>
    public T Read<T>(string name, ValueReader<T> reader, T otherwise) => IsAbsent(this[name]) ? otherwise : reader(this[name], _at / name, _errors);

    /// <summary>A required member; if it is absent, adds an error and returns <paramref name="otherwise"/>.</summary>
    public T Require<T>(string name, ValueReader<T> reader, T otherwise)
    {
        if (IsAbsent(this[name]) && _object.ValueKind == JsonValueKind.Object)
            _errors.Add(new(_at / name, "is required"));
        return Read(name, reader, otherwise);
    }

    public static bool IsAbsent(JsonElement value) => value.ValueKind is JsonValueKind.Undefined or JsonValueKind.Null;
}
