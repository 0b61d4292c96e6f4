using System.Globalization;
using System.Net;
using System.Text.Json;
using System.Text.Json.Nodes;
using AdmissionWebhook.Policy.Configuration.Schemas;
using AdmissionWebhook.Policy.Controllers;
using AdmissionWebhook.Policy.Values;

namespace AdmissionWebhook.Policy.Configuration;

/// <summary>
/// A parameter of a rule. Declared once in the rule; validation, defaults, documentation and schema
/// follow from the declaration.
/// </summary>
/// <param name="name">camelCase.</param>
/// <param name="summary">What it does, as one sentence.</param>
/// <param name="isRequired">Whether the rule has no meaning without it.</param>
public abstract class Parameter(string name, string summary, bool isRequired)
{
    /// <summary>camelCase.</summary>
    public string Name { get; } = name;

    /// <summary>What it does.</summary>
    public string Summary { get; } = summary;

    /// <summary>Whether a policy that runs the rule must set it.</summary>
    public bool IsRequired { get; } = isRequired;

    /// <summary>The type of its values.</summary>
    public abstract string TypeName { get; }

    /// <summary>The default, as written in a policy; null for a required parameter.</summary>
    public abstract string? DefaultText { get; }

    /// <summary>
    /// Its OpenAPI schema. The default is only described, not set: the API server would write it into every policy, where it would outlive
    /// a better one.
    /// </summary>
    public abstract JsonObject Schema { get; }

    /// <summary>Reads a value as written; reports every error with its place.</summary>
    internal abstract object? Read(JsonElement value, FieldPath at, ICollection<PolicyError> errors);

    internal abstract object? DefaultValue { get; }

    /// <summary>true or false.</summary>
    public static Parameter<bool> Flag(string name, bool byDefault, string summary) =>
        new(name, summary, ParameterType.Flag, byDefault, byDefault ? "true" : "false");

    /// <summary>One of the names of an enumeration.</summary>
    public static Parameter<TEnum> Choice<TEnum>(string name, TEnum byDefault, string summary) where TEnum : struct, Enum =>
        new(name, summary, ParameterType.Choice<TEnum>(), byDefault, byDefault.ToString());

    /// <summary>One of the names of an enumeration, that is required.</summary>
    public static Parameter<TEnum> RequiredChoice<TEnum>(string name, string summary) where TEnum : struct, Enum =>
        new(name, summary, ParameterType.Choice<TEnum>());

    /// <summary>A whole number, zero or more.</summary>
    public static Parameter<int> Number(string name, int byDefault, string summary) =>
        new(name, summary, ParameterType.Number, byDefault, byDefault.ToString(CultureInfo.InvariantCulture));

    /// <summary>A whole number from zero to <paramref name="most"/>.</summary>
    public static Parameter<int> NumberUpTo(string name, int byDefault, int most, string summary) =>
        new(name, summary, ParameterType.NumberUpTo(most), byDefault, byDefault.ToString(CultureInfo.InvariantCulture));

    /// <summary>A duration in days, hours or minutes.</summary>
    public static Parameter<TimeSpan> Duration(string name, string byDefault, string summary) =>
        new(name, summary, ParameterType.Duration, ValueReaders.ParseDuration(byDefault), byDefault);

    /// <summary>A list of ports and port ranges.</summary>
    public static Parameter<ImmutableArray<PortRange>> Ports(string name, string summary) => new(name, summary, ParameterType.Ports, [], "[]");

    /// <summary>A required string.</summary>
    public static Parameter<string> RequiredText(string name, string summary) => new(name, summary, ParameterType.Text);

    /// <summary>A string.</summary>
    public static Parameter<string> Text(string name, string byDefault, string summary) => new(name, summary, ParameterType.Text, byDefault, byDefault);

    /// <summary>An optional string; empty by default.</summary>
    public static Parameter<string> OptionalText(string name, string summary) => new(name, summary, ParameterType.Text, "", "none");

    /// <summary>A map from strings to strings that is required.</summary>
    public static Parameter<ImmutableArray<KeyValuePair<string, string>>> RequiredTextMap(string name, string summary) => new(name, summary, ParameterType.TextMap);

    /// <summary>A controller of Ingresses that is required.</summary>
    public static Parameter<IngressController?> RequiredController(string name, string summary) => new(name, summary, ParameterType.Controller);

    /// <summary>A controller of Ingresses; null if not set.</summary>
    public static Parameter<IngressController?> OptionalController(string name, string summary) => new(name, summary, ParameterType.Controller, null, "none");

    /// <summary>A list of strings.</summary>
    public static Parameter<ImmutableArray<string>> TextList(string name, ImmutableArray<string> byDefault, string summary) =>
        new(name, summary, ParameterType.TextList, byDefault, $"[{string.Join(", ", byDefault)}]");

    /// <summary>A list of strings.</summary>
    public static Parameter<ImmutableArray<string>> TextList(string name, string summary) => new(name, summary, ParameterType.TextList, [], "[]");

    /// <summary>A list of strings that is required.</summary>
    public static Parameter<ImmutableArray<string>> RequiredTextList(string name, string summary) => new(name, summary, ParameterType.TextList);

    /// <summary>A list of addresses and CIDR ranges.</summary>
    public static Parameter<ImmutableArray<IPNetwork>> Networks(string name, string summary) => new(name, summary, ParameterType.Networks, [], "[]");

    /// <summary>A map from namespace patterns to strings.</summary>
    public static Parameter<ByNamespace<string>> TextByNamespace(string name, string summary) =>
        new(name, summary, ParameterType.TextByNamespace, new([]), "{}");

    /// <summary>A map from namespace patterns to whole numbers.</summary>
    public static Parameter<ByNamespace<int>> NumberByNamespace(string name, string summary) =>
        new(name, summary, ParameterType.NumberByNamespace, new([]), "{}");

    /// <summary>A map from name patterns to strings.</summary>
    /// <param name="name">camelCase.</param>
    /// <param name="byDefault">The default.</param>
    /// <param name="defaultText">The default, as written in a policy.</param>
    /// <param name="summary">What it does, as one sentence.</param>
    public static Parameter<ByNamespace<string>> TextByName(string name, ByNamespace<string> byDefault, string defaultText, string summary) =>
        new(name, summary, ParameterType.TextByName, byDefault, defaultText);

    /// <summary>A map from namespace patterns to lists of strings.</summary>
    public static Parameter<ByNamespace<ImmutableArray<string>>> TextListByNamespace(string name, string summary) =>
        new(name, summary, ParameterType.TextListByNamespace, new([]), "{}");
}

/// <summary>A parameter whose value is a <typeparamref name="T"/>.</summary>
public sealed class Parameter<T> : Parameter
{
    private readonly ParameterType<T> _type;

    internal Parameter(string name, string summary, ParameterType<T> type)
        : base(name, summary, isRequired: true) => _type = type;

    internal Parameter(string name, string summary, ParameterType<T> type, T byDefault, string defaultText)
        : base(name, summary, isRequired: false)
    {
        _type = type;
        DefaultValue = byDefault;
        DefaultText = defaultText;
    }

    /// <inheritdoc/>
    public override string TypeName => _type.Name;

    /// <inheritdoc/>
    public override string? DefaultText { get; }

    /// <inheritdoc/>
    public override JsonObject Schema => _type.CreateSchema()
        .As($"{Summary} {(IsRequired ? "Required unless the rule is Off." : $"Default: {DefaultText}.")}");

    internal override object? DefaultValue { get; }

    internal override object? Read(JsonElement value, FieldPath at, ICollection<PolicyError> errors) => _type.Read(value, at, errors);
}
