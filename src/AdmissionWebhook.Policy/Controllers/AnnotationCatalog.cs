using System.Collections.Frozen;
using System.Text.Json;
using AdmissionWebhook.Policy.Values;

namespace AdmissionWebhook.Policy.Controllers;

/// <summary>The annotations that a controller reads on an Ingress, as its file describes them.</summary>
public sealed class AnnotationCatalog
{
    private readonly FrozenDictionary<string, Annotation> _byName;
    private readonly ImmutableArray<string> _families;
    private readonly FrozenDictionary<string, string> _gone;
    private readonly ImmutableArray<string> _variableFamilies;
    private readonly FrozenSet<string> _prefixes;

    /// <remarks>Plain loops: queries over structures are compiled anew at every start, and that takes longer than the reading.</remarks>
    private AnnotationCatalog(JsonElement json)
    {
        var comparer = json.TryGetProperty("anyCase", out _) ? StringComparer.OrdinalIgnoreCase : StringComparer.Ordinal;
        var values = new Dictionary<string, AnnotationValue>();
        foreach (var value in Members(json, "values"))
            values.Add(value.Name, AnnotationValue.Read(value.Value));

        var byName = new Dictionary<string, Annotation>(comparer);
        foreach (var group in Members(json, "annotations"))
        {
            foreach (var written in group.Value.EnumerateObject())
            {
                var annotation = new Annotation(group.Name, written.Name, written.Value, values);
                byName.Add(group.Name + written.Name, annotation);
                if (written.Value.TryGetProperty("aliases", out var aliases))
                {
                    foreach (var alias in aliases.EnumerateArray())
                        byName.Add(group.Name + alias.GetString(), annotation);
                }
            }
        }

        var gone = new Dictionary<string, string>();
        foreach (var group in Members(json, "gone"))
        {
            foreach (var name in group.Value.EnumerateObject())
                gone.Add(group.Name + name.Name, name.Value.GetString()!);
        }

        if (json.TryGetProperty("variables", out var variables))
        {
            var names = variables.EnumerateArray().Select(name => name.GetString()!).ToList();
            Variables = names.Where(name => !name.EndsWith('*')).ToFrozenSet();
            _variableFamilies = [.. names.Where(name => name.EndsWith('*')).Select(name => name[..^1])];
        }
        else
        {
            _variableFamilies = [];
        }

        _byName = byName.ToFrozenDictionary(comparer);
        _families = [.. byName.Keys.Where(name => name.EndsWith('*'))];
        _prefixes = byName.Values.Select(annotation => annotation.Prefix).ToFrozenSet();
        _gone = gone.ToFrozenDictionary(StringComparer.Ordinal);
    }

    /// <summary>All annotations by their full names, including old names; a name that ends with <c>*</c> matches many.</summary>
    public IReadOnlyDictionary<string, Annotation> ByName => _byName;

    /// <summary>The variables of nginx and of the controller's template, in lower case, without those that share a prefix.</summary>
    public FrozenSet<string> Variables { get; } = [];

    /// <summary>Whether nginx knows a variable, which it reads without regard to case.</summary>
    public bool HasVariable(string name)
    {
        var lower = name.ToLowerInvariant();
        return Variables.Contains(lower) || _variableFamilies.Any(family => lower.StartsWith(family, StringComparison.Ordinal));
    }

    /// <summary>The annotation with this full name, or null.</summary>
    public Annotation? Find(string name) => _byName.GetValueOrDefault(name)
        ?? (_families.FirstOrDefault(family => NamePattern.Matches(family, name)) is { } family ? _byName[family] : null);

    /// <summary>Whether any annotation has this prefix, slash included.</summary>
    public bool HasPrefix(string prefix) => _prefixes.Contains(prefix);

    /// <summary>The replacement of an annotation that was removed, or that never existed but is often used. Empty if there is none, null if the annotation is unknown.</summary>
    public string? InsteadOf(string name) => _gone.GetValueOrDefault(name);

    internal static AnnotationCatalog Read(string controller)
    {
        using var json = IngressController.Open(controller);
        return new(json.RootElement);
    }

    private static JsonElement.ObjectEnumerator Members(JsonElement json, string field) => json.TryGetProperty(field, out var members) ? members.EnumerateObject() : default;
}
