using System.Text.Json.Nodes;
using AdmissionWebhook.Policy.Configuration.Schemas;
using AdmissionWebhook.Policy.Controllers;

namespace AdmissionWebhook.Policy.Configuration;

/// <summary>The type of a parameter: its name, its reader, and its schema for the API server.</summary>
internal sealed record ParameterType<T>(string Name, ValueReader<T> Read, Func<JsonObject> CreateSchema);

/// <summary>All types.</summary>
internal static class ParameterType
{
    public static ParameterType<bool> Flag { get; } = new("true or false", ValueReaders.Flag, () => OpenApi.Flag);

    public static ParameterType<string> Text { get; } = new("string", ValueReaders.Text, () => OpenApi.Text());

    public static ParameterType<ImmutableArray<string>> TextList { get; } = new("list of strings", ValueReaders.TextList, () => OpenApi.TextList);

    public static ParameterType<ImmutableArray<System.Net.IPNetwork>> Networks { get; } =
        new("list of IP addresses and CIDRs", ValueReaders.Networks, () => OpenApi.TextList);

    public static ParameterType<ImmutableArray<KeyValuePair<string, string>>> TextMap { get; } =
        new("map from strings to strings", ValueReaders.TextMap, () => OpenApi.MapOf(OpenApi.Text()));

    public static ParameterType<IngressController?> Controller { get; } = new(
        $"{string.Join(", ", IngressController.All[..^1].Select(known => known.Id))} or {IngressController.All[^1].Id}",
        ValueReaders.Controller,
        () => OpenApi.Choice(IngressController.All.Select(known => known.Id)));

    public static ParameterType<ByNamespace<string>> TextByNamespace { get; } =
        new("map from namespace patterns to strings", ValueReaders.ByNamespace(ValueReaders.Text), () => OpenApi.MapOf(OpenApi.Text()));

    public static ParameterType<int> Number { get; } = new("whole number", ValueReaders.Number, () => OpenApi.Number);

    public static ParameterType<int> NumberUpTo(int most) =>
        new($"whole number up to {most}", (value, at, errors) => ValueReaders.NumberUpTo(most, value, at, errors), () => OpenApi.NumberUpTo(most));

    public static ParameterType<TimeSpan> Duration { get; } = new("duration like 90d, 12h or 30m", ValueReaders.Duration, () => OpenApi.Duration);

    public static ParameterType<ImmutableArray<PortRange>> Ports { get; } =
        new("list of ports and ranges like 8000-8999", ValueReaders.Ports, () => OpenApi.ListOf(OpenApi.Form(PortRange.Form, 11)));

    public static ParameterType<ByNamespace<int>> NumberByNamespace { get; } =
        new("map from namespace patterns to whole numbers", ValueReaders.ByNamespace(ValueReaders.Number), () => OpenApi.MapOf(OpenApi.Number));

    public static ParameterType<ByNamespace<string>> TextByName { get; } =
        new("map from name patterns to strings", ValueReaders.ByNamespace(ValueReaders.Text), () => OpenApi.MapOf(OpenApi.Text()));

    public static ParameterType<ByNamespace<ImmutableArray<string>>> TextListByNamespace { get; } =
        new("map from namespace patterns to lists of strings", ValueReaders.ByNamespace(ValueReaders.TextList), () => OpenApi.MapOf(OpenApi.TextList));

    public static ParameterType<TEnum> Choice<TEnum>() where TEnum : struct, Enum =>
        new(string.Join(" or ", Enum.GetNames<TEnum>()), ValueReaders.Choice<TEnum>, () => OpenApi.Choice(Enum.GetNames<TEnum>()));
}
