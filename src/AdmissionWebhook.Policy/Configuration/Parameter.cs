using System.Net;
using System.Text.Json;
using AdmissionWebhook.Policy.Resources;

namespace AdmissionWebhook.Policy.Configuration;

/// <summary>
/// Something a policy can set for a rule. Declared once beside the rule; validation, defaults, documentation and schema all
/// follow from the declaration.
/// </summary>
/// <param name="name">camelCase.</param>
/// <param name="summary">What it does, as one sentence.</param>
/// <param name="typeName">What values it takes, for people.</param>
/// <param name="isRequired">Whether the rule means nothing without it.</param>
public abstract class Parameter(string name, string summary, string typeName, bool isRequired)
{
    /// <summary>camelCase.</summary>
    public string Name { get; } = name;

    /// <summary>What it does.</summary>
    public string Summary { get; } = summary;

    /// <summary>What values it takes.</summary>
    public string TypeName { get; } = typeName;

    /// <summary>Whether a policy that runs the rule must set it.</summary>
    public bool IsRequired { get; } = isRequired;

    /// <summary>The value where a policy sets none, as it would be written; null for a required parameter.</summary>
    public abstract string? DefaultText { get; }

    /// <summary>Reads a value as written; reports every mistake with its place.</summary>
    internal abstract object? Read(JsonElement value, FieldPath at, ICollection<PolicyError> errors);

    internal abstract object? DefaultValue { get; }

    /// <summary>true or false.</summary>
    public static Parameter<bool> Flag(string name, bool byDefault, string summary) =>
        new(name, summary, "true or false", ReadFlag, byDefault, byDefault ? "true" : "false");

    /// <summary>One of the names of an enumeration.</summary>
    public static Parameter<TEnum> Choice<TEnum>(string name, TEnum byDefault, string summary) where TEnum : struct, Enum =>
        new(name, summary, string.Join(" or ", Enum.GetNames<TEnum>()), ReadChoice<TEnum>, byDefault, byDefault.ToString());

    /// <summary>A text without which the rule means nothing.</summary>
    public static Parameter<string> RequiredText(string name, string summary) => new(name, summary, "text", ReadText);

    /// <summary>A text.</summary>
    public static Parameter<string> Text(string name, string byDefault, string summary) => new(name, summary, "text", ReadText, byDefault, byDefault);

    /// <summary>A list of texts.</summary>
    public static Parameter<ImmutableArray<string>> TextList(string name, string summary) => new(name, summary, "list of texts", ReadTextList, [], "[]");

    /// <summary>A list of texts without which the rule means nothing.</summary>
    public static Parameter<ImmutableArray<string>> RequiredTextList(string name, string summary) => new(name, summary, "list of texts", ReadTextList);

    /// <summary>A list of addresses and CIDR ranges.</summary>
    public static Parameter<ImmutableArray<IPNetwork>> Networks(string name, string summary) =>
        new(name, summary, "list of IP addresses and CIDR ranges", ReadNetworks, [], "[]");

    /// <summary>A map from namespace patterns to texts.</summary>
    public static Parameter<ByNamespace<string>> TextByNamespace(string name, string summary) =>
        new(name, summary, "map from namespace patterns to texts", ReadByNamespace(ReadText), new([]), "{}");

    /// <summary>A map from namespace patterns to lists of texts.</summary>
    public static Parameter<ByNamespace<ImmutableArray<string>>> TextListByNamespace(string name, string summary) =>
        new(name, summary, "map from namespace patterns to lists of texts", ReadByNamespace(ReadTextList), new([]), "{}");

    internal static bool ReadFlag(JsonElement value, FieldPath at, ICollection<PolicyError> errors)
    {
        if (value.ValueKind is JsonValueKind.True or JsonValueKind.False)
            return value.GetBoolean();

        errors.Add(PolicyError.WrongType(at, "true or false", value));
        return false;
    }

    private static TEnum ReadChoice<TEnum>(JsonElement value, FieldPath at, ICollection<PolicyError> errors) where TEnum : struct, Enum
    {
        if (value.ValueKind == JsonValueKind.String && Enum.GetNames<TEnum>().Contains(value.GetString()))
            return Enum.Parse<TEnum>(value.GetString()!);

        errors.Add(PolicyError.NoSuchValue(at, value, Enum.GetNames<TEnum>()));
        return default;
    }

    private static string ReadText(JsonElement value, FieldPath at, ICollection<PolicyError> errors)
    {
        if (value.ValueKind == JsonValueKind.String && value.GetString() is { Length: > 0 } text)
            return text;

        errors.Add(PolicyError.WrongType(at, "a text that is not empty", value));
        return "";
    }

    internal static ImmutableArray<string> ReadTextList(JsonElement value, FieldPath at, ICollection<PolicyError> errors) => ReadList(value, at, errors, ReadText);

    private static ImmutableArray<IPNetwork> ReadNetworks(JsonElement value, FieldPath at, ICollection<PolicyError> errors) =>
        ReadList(value, at, errors, (item, place, mistakes) =>
        {
            var text = ReadText(item, place, mistakes);
            if (text.Length > 0 && IpAddresses.ReadNetwork(text) is { } network)
                return network;
            if (text.Length > 0)
                mistakes.Add(new(place, $"\"{text}\" is neither an IP address nor a CIDR range with all host bits zero"));
            return default;
        });

    private static ImmutableArray<T> ReadList<T>(JsonElement value, FieldPath at, ICollection<PolicyError> errors, ValueReader<T> readItem)
    {
        if (value.ValueKind == JsonValueKind.Array)
            return [.. value.EnumerateArray().Select((item, index) => readItem(item, at / index, errors))];

        errors.Add(PolicyError.WrongType(at, "a list", value));
        return [];
    }

    private static ValueReader<ByNamespace<T>> ReadByNamespace<T>(ValueReader<T> readItem) => (value, at, errors) =>
        new([.. new Members(value, at, errors).All.Select(entry => KeyValuePair.Create(entry.Name, readItem(entry.Value, at / entry.Name, errors)))]);
}

/// <summary>Reads a value as written in a policy; adds every mistake to <paramref name="errors"/> and then returns anything.</summary>
public delegate T ValueReader<out T>(JsonElement value, FieldPath at, ICollection<PolicyError> errors);

/// <summary>A parameter whose value is a <typeparamref name="T"/>.</summary>
public sealed class Parameter<T> : Parameter
{
    private readonly ValueReader<T> _read;

    internal Parameter(string name, string summary, string typeName, ValueReader<T> read)
        : base(name, summary, typeName, isRequired: true) => _read = read;

    internal Parameter(string name, string summary, string typeName, ValueReader<T> read, T byDefault, string defaultText)
        : base(name, summary, typeName, isRequired: false)
    {
        _read = read;
        DefaultValue = byDefault;
        DefaultText = defaultText;
    }

    /// <inheritdoc/>
    public override string? DefaultText { get; }

    internal override object? DefaultValue { get; }

    internal override object? Read(JsonElement value, FieldPath at, ICollection<PolicyError> errors) => _read(value, at, errors);
}
