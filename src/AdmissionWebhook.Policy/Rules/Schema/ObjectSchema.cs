using System.Collections.Frozen;
using System.Text.Json;
using AdmissionWebhook.Policy.Evaluation;
using AdmissionWebhook.Policy.Values;

namespace AdmissionWebhook.Policy.Rules.Schema;

/// <summary>The fields of each kind and the values that they accept, from types.json. Nothing is read before the first object is checked.</summary>
internal static class ObjectSchema
{
    private const int FewFields = 5;
    private const int MostAnnotationBytes = 256 * 1024;

    private static readonly FrozenDictionary<string, FrozenDictionary<string, string>> Types = ReadTypes();
    private static readonly FrozenDictionary<string, string> Former = ReadFormer();

    /// <summary>The fields that do not exist, and the values that a field does not accept.</summary>
    /// <param name="field">The value.</param>
    /// <param name="type">A type of types.json, such as the name of a kind.</param>
    public static IEnumerable<Violation> Check(Field field, string type)
    {
        if (field.IsAbsent || field.Value.ValueKind == JsonValueKind.String && IsPlaceholder(field.Text))
            return [];
        if (type is ['[', .. var item, ']'])
            return field.Value.ValueKind == JsonValueKind.Array ? field.Items.SelectMany(each => Check(each, item)) : [WrongType(field, "a list")];
        if (type is "labels" or "annotations" || Types.ContainsKey(type))
            return field.Value.ValueKind != JsonValueKind.Object ? [WrongType(field, "an object")] : Types.TryGetValue(type, out var fields)
                ? Members(field, type, fields) : Map(field, type);
        return Simple(field, type) is { } violation ? [violation] : [];
    }

    /// <summary>Whether a tool such as Flux or envsubst writes the value before the API server sees it.</summary>
    public static bool IsPlaceholder(string text) =>
        text.Contains("${", StringComparison.Ordinal)
            || (text.Contains("{{", StringComparison.Ordinal) && text.Contains("}}", StringComparison.Ordinal));

    private static IEnumerable<Violation> Members(Field field, string type, FrozenDictionary<string, string> fields)
    {
        foreach (var (name, value) in field.Members)
        {
            if (fields.TryGetValue(name, out var known))
            {
                foreach (var violation in Check(value, known))
                    yield return violation;
            }
            else if ((Former.GetValueOrDefault($"{type}.{name}") ?? Spelling.Nearest(name, fields.Keys)) is { } meant)
            {
                yield return new(value.At, $"field \"{name}\" does not exist (did you mean {meant}?)", $"Use {meant}");
            }
            else
            {
                yield return new(value.At, $"field \"{name}\" does not exist", fields.Count > FewFields ? "Remove it"
                    : $"Remove it, or use {string.Join(", ", fields.Keys.Order(StringComparer.Ordinal))}");
            }
        }
    }

    private static IEnumerable<Violation> Map(Field field, string type)
    {
        var bytes = 0;
        foreach (var (key, value) in field.Members)
        {
            bytes += System.Text.Encoding.UTF8.GetByteCount(key) + System.Text.Encoding.UTF8.GetByteCount(value.Text);
            if (IsPlaceholder(key))
                continue;
            if (Forms.QualifiedNameFault(type == "labels" ? key : key.ToLowerInvariant()) is { } fault)
                yield return new(value.At, $"key \"{Printable.Shorten(key, 80)}\" {fault.Fault}", fault.Remedy);
            if (!value.IsAbsent && value.Value.ValueKind != JsonValueKind.String)
                yield return WrongType(value, "a string");
            else if (type == "labels" && !IsPlaceholder(value.Text) && Forms.LabelValueFault(value.Text) is { } wrong)
                yield return Wrong(value, wrong)!;
        }

        if (type == "annotations" && bytes > MostAnnotationBytes)
            yield return new(field.At, $"annotations must not have more than {MostAnnotationBytes} bytes, found {bytes}", "Remove the longest");
    }

    private static Violation? Simple(Field field, string type)
    {
        var isText = field.Value.ValueKind == JsonValueKind.String;
        var isWhole = field.Value.ValueKind == JsonValueKind.Number && field.Value.TryGetInt64(out var number)
            && (type == "long" || number == (int)number);
        var (isOptional, form) = type[0] == '?' ? (true, type[1..]) : (false, type);
        return form switch
        {
            "any" => null,
            "string" => isText ? null : WrongType(field, "a string"),
            "bool" => field.Value.ValueKind is JsonValueKind.True or JsonValueKind.False ? null : WrongType(field, "true or false"),
            "int" or "long" => isWhole ? null : WrongType(field, "a whole number"),
            "target-port" => isText ? field.Text.Length == 0 ? null : Wrong(field, Forms.Fault("port-name", field.Text))
                : !isWhole ? WrongType(field, "a whole number") : field.Number == 0 ? null : Wrong(field, Forms.Fault("port", field.Number)),
            "port" or "affinity-timeout" => !isWhole ? WrongType(field, "a whole number") : isOptional && field.Number == 0 ? null
                : Wrong(field, Forms.Fault(form, field.Number)),
            _ when !isText => WrongType(field, "a string"),
            _ when form.Contains('|', StringComparison.Ordinal) => Choice(field, form.Split('|')),
            _ => isOptional && field.Text.Length == 0 ? null : Wrong(field, Forms.Fault(form, field.Text)),
        };
    }

    private static Violation? Choice(Field field, string[] choices)
    {
        if (choices.Contains(field.Text))
            return null;

        var words = choices.Where(choice => choice.Length > 0).ToList();
        return new(field.At, $"must be one of {string.Join(", ", words)}, found \"{Printable.Shorten(field.Text, 80)}\"", Spelling.Nearest(field.Text, words) is { } near ? $"Write {near}" : "Write one of these");
    }

    private static Violation? Wrong(Field field, (string Fault, string Remedy)? fault) =>
        fault is not { } wrong ? null
            : new(field.At, $"{wrong.Fault}, found {Printable.Shorten(field.Text.Length > 0 ? $"\"{field.Text}\"" : field.Value.GetRawText(), 80)}", wrong.Remedy);

    private static Violation WrongType(Field field, string expected)
    {
        var found = Printable.Shorten(field.Value.GetRawText(), 40);
        return new(field.At, $"must be {expected}, found {found}", FieldTypeValid.Remedy(new(field.At, expected, found)));
    }

    private static FrozenDictionary<string, FrozenDictionary<string, string>> ReadTypes()
    {
        using var data = Read();
        return data.RootElement.GetProperty("types").EnumerateObject().ToFrozenDictionary(type => type.Name, type => Texts(type.Value));
    }

    private static FrozenDictionary<string, string> ReadFormer()
    {
        using var data = Read();
        return Texts(data.RootElement.GetProperty("former"));
    }

    private static FrozenDictionary<string, string> Texts(JsonElement map) =>
        map.EnumerateObject().ToFrozenDictionary(member => member.Name, member => member.Value.GetString()!);

    private static JsonDocument Read() => JsonDocument.Parse(typeof(ObjectSchema).Assembly.GetManifestResourceStream("types.json")!);
}
