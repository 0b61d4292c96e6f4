using System.Collections.Frozen;
using System.Text.Json;
using AdmissionWebhook.Policy.Values;

namespace AdmissionWebhook.Policy.Controllers;

/// <summary>
/// A program that reads annotations of Services or Ingresses and serves no Ingress: an issuer of certificates, of DNS names, of load balancers.
/// <c>tools.json</c> lists them.
/// </summary>
public sealed class AnnotationTool
{
    private static readonly Lazy<ImmutableArray<AnnotationTool>> Known = new(ReadAll);

    private static readonly Lazy<FrozenDictionary<string, AnnotationTool>> ByPrefix = new(() =>
        (from tool in All from prefix in tool.Names.Keys select KeyValuePair.Create(prefix, tool)).ToFrozenDictionary());

    private static readonly Lazy<FrozenDictionary<string, (AnnotationTool Tool, string Instead)>> Gone = new(() =>
        (from tool in All from gone in tool._gone select KeyValuePair.Create(gone.Key, (tool, gone.Value))).ToFrozenDictionary());

    private readonly ImmutableArray<string> _kinds;
    private readonly FrozenDictionary<string, ImmutableArray<string>> _families;
    private readonly ImmutableArray<KeyValuePair<string, string>> _gone;

    private AnnotationTool(JsonElement json)
    {
        Name = json.GetProperty("name").GetString()!;
        Describes = json.GetProperty("describes").GetString()!;
        IsShared = json.TryGetProperty("shared", out _);
        OwnsAll = json.TryGetProperty("reserved", out _);
        _kinds = [.. json.GetProperty("kinds").EnumerateArray().Select(kind => kind.GetString()!)];
        Names = json.GetProperty("prefixes").EnumerateObject()
            .ToFrozenDictionary(prefix => prefix.Name, prefix => prefix.Value.EnumerateArray().Select(name => name.GetString()!).ToFrozenSet());
        _families = Names.ToFrozenDictionary(prefix => prefix.Key, prefix => prefix.Value.Where(name => name.EndsWith('*')).ToImmutableArray());
        _gone = json.TryGetProperty("gone", out var gone)
            ? [.. gone.EnumerateObject().Select(name => KeyValuePair.Create(name.Name, name.Value.GetString()!))]
            : [];
    }

    /// <summary>Every known tool.</summary>
    public static ImmutableArray<AnnotationTool> All => Known.Value;

    /// <summary>As its makers call it, or what it is where there are many.</summary>
    public string Name { get; }

    /// <summary>The version whose annotations are known.</summary>
    public string Describes { get; }

    /// <summary>Whether others use its prefixes too: those of Kubernetes itself.</summary>
    public bool IsShared { get; }

    /// <summary>Whether even unknown names below its prefixes are for its kinds alone.</summary>
    public bool OwnsAll { get; }

    /// <summary>The names behind each prefix; one that ends with <c>*</c> matches many.</summary>
    public FrozenDictionary<string, FrozenSet<string>> Names { get; }

    /// <summary>The tool that reads annotations with this prefix, slash included; null if none is known.</summary>
    public static AnnotationTool? Find(string prefix) => ByPrefix.Value.GetValueOrDefault(prefix);

    /// <summary>
    /// What took the place of an annotation that the tool does not read any more, empty if nothing did; null if the annotation is not known as such.
    /// </summary>
    public static (AnnotationTool Tool, string Instead)? FindGone(string prefix, string name) =>
        Gone.Value.TryGetValue(prefix + name, out var exact) ? exact
        : Gone.Value.TryGetValue(prefix, out var all) ? (all.Tool, all.Instead + name)
        : null;

    /// <summary>Whether it reads annotations of objects of a kind.</summary>
    public bool Reads(string kind) => _kinds.Contains(kind);

    /// <summary>Whether it has an annotation of that name.</summary>
    public bool Has(string prefix, string name) => Names[prefix].Contains(name) || NamePattern.MatchesAny(_families[prefix], name);

    private static ImmutableArray<AnnotationTool> ReadAll()
    {
        using var json = IngressController.Open("tools");
        return [.. json.RootElement.EnumerateArray().Select(tool => new AnnotationTool(tool))];
    }
}
