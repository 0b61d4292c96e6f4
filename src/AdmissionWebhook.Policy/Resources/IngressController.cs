using System.Collections.Frozen;
using System.Text.Json;

namespace AdmissionWebhook.Policy.Resources;

/// <summary>
/// A program that serves Ingresses, and how it is recognised. What is known of each stands in a file of its own, <c>Controllers/name.json</c>,
/// with the version it describes.
/// </summary>
public sealed class IngressController
{
    private readonly ImmutableArray<string> _controllers;
    private readonly ImmutableArray<string> _classes;
    private readonly FrozenDictionary<string, Annotation> _annotations;
    private readonly ImmutableArray<string> _families;
    private readonly FrozenDictionary<string, string> _gone;

    private IngressController(string id, JsonElement json)
    {
        Id = id;
        Name = json.GetProperty("name").GetString()!;
        Describes = json.GetProperty("describes").GetString()!;
        _controllers = [.. Texts("controllers")];
        _classes = [.. Texts("classes")];
        Prefixes = [.. Texts("prefixes")];
        IsComplete = !json.TryGetProperty("incomplete", out _);

        var comparer = json.TryGetProperty("anyCase", out _) ? StringComparer.OrdinalIgnoreCase : StringComparer.Ordinal;
        var values = Members("values").ToDictionary(value => value.Name, value => AnnotationValue.Read(value.Value));
        var annotations = new Dictionary<string, Annotation>(comparer);
        foreach (var (prefix, name, annotation) in Named("annotations"))
        {
            var known = new Annotation(prefix, name, annotation, kind => values.GetValueOrDefault(kind) ?? AnnotationValue.Named[kind]);
            annotations.Add(prefix + name, known);
            foreach (var alias in annotation.TryGetProperty("aliases", out var aliases) ? aliases.EnumerateArray().Select(alias => alias.GetString()!) : [])
                annotations.Add(prefix + alias, known);
        }

        _annotations = annotations.ToFrozenDictionary(comparer);
        _families = [.. annotations.Keys.Where(name => name.EndsWith('*'))];
        _gone = Named("gone").ToFrozenDictionary(gone => gone.Prefix + gone.Name, gone => gone.Value.GetString()!);

        IEnumerable<JsonProperty> Members(string field) => json.TryGetProperty(field, out var members) ? members.EnumerateObject() : [];
        IEnumerable<(string Prefix, string Name, JsonElement Value)> Named(string field) =>
            Members(field).SelectMany(group => group.Value.EnumerateObject().Select(member => (group.Name, member.Name, member.Value)));
        IEnumerable<string> Texts(string field) => json.GetProperty(field).EnumerateArray().Select(text => text.GetString()!);
    }

    /// <summary>Every known controller.</summary>
    public static ImmutableArray<IngressController> All { get; } =
    [
        Read("ingress-nginx"),
        Read("nginx"),
        Read("traefik"),
        Read("haproxy"),
        Read("haproxy-ingress"),
        Read("contour"),
        Read("istio"),
        Read("aws-load-balancer"),
        Read("gce"),
        Read("kong"),
    ];

    /// <summary>The community's ingress-nginx.</summary>
    public static IngressController IngressNginx { get; } = All.Single(known => known.Id == "ingress-nginx");

    /// <summary>NGINX Ingress Controller, of the makers of nginx.</summary>
    public static IngressController Nginx { get; } = All.Single(known => known.Id == "nginx");

    /// <summary>Kebab-case and stable: it stands in policies.</summary>
    public string Id { get; }

    /// <summary>As its makers call it.</summary>
    public string Name { get; }

    /// <summary>The version whose annotations are known.</summary>
    public string Describes { get; }

    /// <summary>How the annotations begin that it alone reads.</summary>
    public ImmutableArray<string> Prefixes { get; }

    /// <summary>Every annotation that it reads on an Ingress, by its whole name and by its older names; a name that ends with <c>*</c> stands for many.</summary>
    public IReadOnlyDictionary<string, Annotation> Annotations => _annotations;

    /// <summary>Whether those are all that there are.</summary>
    public bool IsComplete { get; }

    /// <summary>The annotation of this whole name, or null.</summary>
    public Annotation? Find(string annotation) => _annotations.GetValueOrDefault(annotation)
        ?? (_families.FirstOrDefault(family => NamePattern.Matches(family, annotation)) is { } family ? _annotations[family] : null);

    /// <summary>What took the place of an annotation that was dropped, or never was and is often written: empty where nothing did, null where nothing is known of it.</summary>
    public string? InsteadOf(string annotation) => _gone.GetValueOrDefault(annotation);

    /// <summary>The controller an IngressClass names in spec.controller; null where it is none of these.</summary>
    public static IngressController? Of(IngressClass ingressClass)
    {
        foreach (var known in All)
        {
            if (ingressClass.Controller is { } name && NamePattern.MatchesAny(known._controllers, name))
                return known;
        }

        return null;
    }

    /// <summary>The controller that serves a class of this name where there is no IngressClass of it: an Ingress of GKE names <c>gce</c> in the old annotation, and no such object exists.</summary>
    public static IngressController? OfClassName(string className) => All.FirstOrDefault(known => known._classes.Contains(className));

    /// <summary>The controller that is the one to read an annotation; null where that is none of these.</summary>
    public static IngressController? OwnerOf(string annotation)
    {
        foreach (var known in All)
        {
            if (known.Owns(annotation))
                return known;
        }

        return null;
    }

    /// <summary>Whether it is the one to read an annotation.</summary>
    public bool Owns(string annotation)
    {
        foreach (var prefix in Prefixes)
        {
            if (annotation.StartsWith(prefix, StringComparison.Ordinal))
                return true;
        }

        return false;
    }

    /// <inheritdoc/>
    public override string ToString() => Name;

    private static IngressController Read(string id)
    {
        using var resource = typeof(IngressController).Assembly.GetManifestResourceStream($"Controllers/{id}.json")!;
        using var json = JsonDocument.Parse(resource);
        return new(id, json.RootElement);
    }
}
