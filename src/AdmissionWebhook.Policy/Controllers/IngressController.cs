using System.Collections.Frozen;
using System.Text.Json;
using AdmissionWebhook.Policy.Values;

namespace AdmissionWebhook.Policy.Controllers;

/// <summary>
/// A program that serves Ingresses, and how it is recognised. What is known of each stands in a file of its own, <c>Controllers/name.json</c>,
/// with the version it describes.
/// </summary>
public sealed class IngressController
{
    private static readonly FrozenSet<string> Fields =
    [
        "name", "describes", "controllers", "classes", "prefixes", "shares", "aliases", "aliasPatterns", "incomplete", "anyPrefix", "anyCase", "readsServices", "alwaysTls",
        "tlsWithoutHosts", "exposesServices", "tlsSwitch", "issuers", "olderWins", "canaries", "noClassObject", "noSecrets", "rateLimits", "group", "actions", "values",
        "annotations", "gone", "sharedWhere", "redirects", "mayRedirect", "conditions", "merging", "servesUnclassed", "trailingStar", "variables", "hostFirst", "nodePorts",
    ];

    private readonly ImmutableArray<string> _controllers;
    private readonly ImmutableArray<string> _classes;
    private readonly Lazy<AnnotationCatalog> _annotations;

    private IngressController(string id, JsonElement json)
    {
        foreach (var field in json.EnumerateObject())
        {
            if (!Fields.Contains(field.Name))
                throw new InvalidDataException($"Controllers/{id}.json: there is no field \"{field.Name}\".");
        }

        Id = id;
        Name = json.GetProperty("name").GetString()!;
        Describes = json.GetProperty("describes").GetString()!;
        _controllers = [.. Texts("controllers")];
        _classes = [.. Texts("classes")];
        Prefixes = [.. Texts("prefixes")];
        Shares = json.TryGetProperty("shares", out var shares) ? Enum.Parse<RouteSharing>(shares.GetString()!, ignoreCase: true) : RouteSharing.Class;
        Aliases = [.. OptionalTexts("aliases")];
        AliasPatterns = [.. OptionalTexts("aliasPatterns")];
        IsComplete = !json.TryGetProperty("incomplete", out _);
        ReadsAnyPrefix = json.TryGetProperty("anyPrefix", out _);
        if (json.TryGetProperty("readsServices", out var names))
            ServiceNames = names.ValueKind == JsonValueKind.String ? names.GetString() : "";
        AlwaysServesTls = json.TryGetProperty("alwaysTls", out _);
        TakesTlsWithoutHosts = json.TryGetProperty("tlsWithoutHosts", out _);
        OlderWins = json.TryGetProperty("olderWins", out _);
        HasCanaries = json.TryGetProperty("canaries", out _);
        PicksHostFirst = json.TryGetProperty("hostFirst", out _);
        NodePorts = json.TryGetProperty("nodePorts", out var nodePorts) ? NodePortTargets.Read(nodePorts) : null;
        HasNoClassObject = json.TryGetProperty("noClassObject", out _);
        ReadsNoSecrets = json.TryGetProperty("noSecrets", out _);
        RateLimits = [.. OptionalTexts("rateLimits")];
        Group = json.TryGetProperty("group", out var group) ? new(group.GetProperty("name").GetString()!, group.GetProperty("order").GetString()!) : null;
        Actions = json.TryGetProperty("actions", out var actions) ? new(actions.GetProperty("port").GetString()!, actions.GetProperty("annotations").GetString()!) : null;
        SharedWhere = json.TryGetProperty("sharedWhere", out var where) ? new(where.GetProperty("annotation").GetString()!, where.GetProperty("value").GetString()!) : null;
        Redirects = [.. OptionalTexts("redirects")];
        MayRedirect = [.. OptionalTexts("mayRedirect")];
        Conditions = json.TryGetProperty("conditions", out var conditions) ? RouteConditions.Read(conditions) : null;
        Merging = json.TryGetProperty("merging", out var merging) ? merging.GetString() : null;
        ServesUnclassed = json.TryGetProperty("servesUnclassed", out _);
        ReadsTrailingStar = json.TryGetProperty("trailingStar", out _);
        ExposesServices = json.TryGetProperty("exposesServices", out var exposes) ? exposes.GetString() : null;
        TlsSwitch = json.TryGetProperty("tlsSwitch", out var tls) ? TlsSwitch.Read(tls, json.TryGetProperty("anyCase", out _)) : null;
        Issuers = json.TryGetProperty("issuers", out var issuers)
            ? [.. issuers.EnumerateObject().Select(issuer => KeyValuePair.Create(issuer.Name, issuer.Value.GetString()!))]
            : [];
        _annotations = new(() => AnnotationCatalog.Read(id));

        IEnumerable<string> OptionalTexts(string field) => json.TryGetProperty(field, out _) ? Texts(field) : [];

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
        Read("application-gateway"),
        Read("tailscale"),
        Read("cilium"),
        Read("openshift"),
    ];

    /// <summary>The community's ingress-nginx.</summary>
    public static IngressController IngressNginx { get; } = All.Single(known => known.Id == "ingress-nginx");

    /// <summary>NGINX Ingress Controller, of the makers of nginx.</summary>
    public static IngressController Nginx { get; } = All.Single(known => known.Id == "nginx");

    /// <summary>Those that have annotations below a domain.</summary>
    private static FrozenDictionary<string, ImmutableArray<IngressController>>.AlternateLookup<ReadOnlySpan<char>> ByDomain { get; } =
        (from known in All from domain in known.Prefixes.Select(prefix => prefix[..prefix.IndexOf('/', StringComparison.Ordinal)]).Distinct() group known by domain)
        .ToFrozenDictionary(group => group.Key, group => group.ToImmutableArray(), StringComparer.Ordinal)
        .GetAlternateLookup<ReadOnlySpan<char>>();

    /// <summary>The annotations that stand in a catalogue below a prefix which no controller has to itself, such as ingress.kubernetes.io/.</summary>
    private static Lazy<FrozenDictionary<string, IngressController>> Shared { get; } = new(() =>
        (from known in All from name in known.Annotations.ByName.Keys where OwnerOf(name) is null group known by name)
        .ToFrozenDictionary(group => group.Key, group => group.First()));

    /// <summary>Kebab-case and stable: it stands in policies.</summary>
    public string Id { get; }

    /// <summary>As its makers call it.</summary>
    public string Name { get; }

    /// <summary>The version whose annotations are known.</summary>
    public string Describes { get; }

    /// <summary>The annotations of controllers that look at no prefix, by the names behind it.</summary>
    private static Lazy<FrozenDictionary<string, (IngressController, Annotation)>.AlternateLookup<ReadOnlySpan<char>>> ByBareName { get; } = new(() =>
        (from known in All
         where known.ReadsAnyPrefix
         from annotation in known.Annotations.ByName.Values.DistinctBy(each => each.Name)
         select (known, annotation))
        .ToFrozenDictionary(each => each.annotation.Name, StringComparer.Ordinal)
        .GetAlternateLookup<ReadOnlySpan<char>>());

    /// <summary>How the annotations begin that it alone reads.</summary>
    public ImmutableArray<string> Prefixes { get; }

    /// <summary>Which Ingresses share its routes, so that a host of one is a host of the other.</summary>
    public RouteSharing Shares { get; }

    /// <summary>The annotations that list further hosts, separated by commas.</summary>
    public ImmutableArray<string> Aliases { get; }

    /// <summary>The annotations that hold a regular expression of further hosts.</summary>
    public ImmutableArray<string> AliasPatterns { get; }

    /// <summary>The annotations that it reads on an Ingress. Loaded from the file on first use, not at startup.</summary>
    public AnnotationCatalog Annotations => _annotations.Value;

    /// <summary>Whether those are all that there are.</summary>
    public bool IsComplete { get; }

    /// <summary>Whether some version of it reads an annotation by the name behind the prefix, whatever the prefix, were it none.</summary>
    public bool ReadsAnyPrefix { get; }

    /// <summary>The annotations, and their values, that have it get a certificate for the hosts in spec.tls by itself.</summary>
    public ImmutableArray<KeyValuePair<string, string>> Issuers { get; }

    /// <summary>Whether it serves every Ingress with TLS, by a certificate that it gets itself.</summary>
    public bool AlwaysServesTls { get; }

    /// <summary>Whether it uses the certificate of a TLS entry that names no host for every host.</summary>
    public bool TakesTlsWithoutHosts { get; }

    /// <summary>The annotation whose value <c>true</c> has it open a Service to a network outside the cluster; null where none does.</summary>
    public string? ExposesServices { get; }

    /// <summary>What turns its TLS off; null where nothing does that an Ingress can say in a list.</summary>
    public TlsSwitch? TlsSwitch { get; }

    /// <summary>Whether the older one of two Ingresses gets the requests for which both ask.</summary>
    public bool OlderWins { get; }

    /// <summary>Whether an Ingress can be a canary of another one.</summary>
    public bool HasCanaries { get; }

    /// <summary>Whether it picks the nearest host before it looks at paths, so that a path of a wider host is not tried.</summary>
    public bool PicksHostFirst { get; }

    /// <summary>How it is told to send requests to pods and not to node ports; null where it needs no node ports.</summary>
    public NodePortTargets? NodePorts { get; }

    /// <summary>Whether its classes are names that no IngressClass has.</summary>
    public bool HasNoClassObject { get; }

    /// <summary>Whether it takes certificates from elsewhere alone, and no Secret is read.</summary>
    public bool ReadsNoSecrets { get; }

    /// <summary>The annotations that limit how much one client may ask for, the one to use first.</summary>
    public ImmutableArray<string> RateLimits { get; }

    /// <summary>How Ingresses are put into a group that shares a load balancer; null where there are no groups.</summary>
    public ControllerGroup? Group { get; }

    /// <summary>How a backend names an action in the place of a Service; null where none can.</summary>
    public ControllerActions? Actions { get; }

    /// <summary>The annotation and its value with which an Ingress shares an entrance with others; null where each has one of its own, or none has.</summary>
    public KeyValuePair<string, string>? SharedWhere { get; }

    /// <summary>The annotations that answer every request of an Ingress with a redirect, so that its backends get none.</summary>
    public ImmutableArray<string> Redirects { get; }

    /// <summary>The annotations that may do the same: they name other objects, or hold directives.</summary>
    public ImmutableArray<string> MayRedirect { get; }

    /// <summary>What tells apart two claims for one path, beside the path; null where nothing does.</summary>
    public RouteConditions? Conditions { get; }

    /// <summary>
    /// The annotation that makes one Ingress the <c>master</c> of a host and others its <c>minion</c>s. Without it, a host belongs to one Ingress alone. Null where
    /// Ingresses share hosts without it.
    /// </summary>
    public string? Merging { get; }

    /// <summary>Whether it serves an Ingress that names no class, where the cluster has no default class.</summary>
    public bool ServesUnclassed { get; }

    /// <summary>Whether a star at the end of a path of any type stands for the rest of a path.</summary>
    public bool ReadsTrailingStar { get; }

    /// <summary>Whether it reads annotations on Services as well.</summary>
    public bool ReadsServices => ServiceNames is not null;

    /// <summary>
    /// How the names of those begin, behind the prefix, and it reads such a name only there. Empty if it reads every name on Ingresses and on Services,
    /// null if it reads none on Services.
    /// </summary>
    public string? ServiceNames { get; }

    /// <summary>Whether it reads a name only on Services.</summary>
    public bool IsOnlyForServices(ReadOnlySpan<char> name) =>
        ServiceNames is { Length: > 0 } start && name.StartsWith(start, StringComparison.OrdinalIgnoreCase);

    /// <summary>The controller that an IngressClass names so in spec.controller; null where it is none of these.</summary>
    public static IngressController? Find(string controller)
    {
        foreach (var known in All)
        {
            if (NamePattern.MatchesAny(known._controllers, controller))
                return known;
        }

        return null;
    }

    /// <summary>The controller that serves a class of this name where there is no IngressClass of it: an Ingress of GKE names <c>gce</c> in the old annotation, and no such object exists.</summary>
    public static IngressController? OfClassName(string className)
    {
        foreach (var known in All)
        {
            if (known._classes.Contains(className))
                return known;
        }

        return null;
    }

    /// <summary>The controller that is the one to read an annotation; null where that is none of these.</summary>
    public static IngressController? OwnerOf(string annotation)
    {
        if (annotation.IndexOf('/', StringComparison.Ordinal) is not (>= 0 and var slash) || !ByDomain.TryGetValue(annotation.AsSpan(0, slash), out var owners))
            return null;

        foreach (var known in owners)
        {
            if (known.Owns(annotation))
                return known;
        }

        return null;
    }

    /// <summary>The controller that reads an annotation, by its prefix or by a catalogue; null where none of these does.</summary>
    public static IngressController? ReaderOf(string annotation) => OwnerOf(annotation) ?? Shared.Value.GetValueOrDefault(annotation);

    /// <summary>What a key says to a controller that looks at no prefix; null where none has an annotation of that name.</summary>
    public static (IngressController Reader, Annotation Known)? FindByBareName(string annotation) =>
        ByBareName.Value.TryGetValue(annotation.AsSpan(annotation.LastIndexOf('/') + 1), out var found) ? found : null;

    /// <summary>Whether one of these classes is its own by name.</summary>
    public bool HasClass(ImmutableArray<string> names) => names.Any(name => _classes.Contains(name));

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

    /// <summary>What is known of a controller, as it is written.</summary>
    internal static JsonDocument Open(string id)
    {
        using var resource = typeof(IngressController).Assembly.GetManifestResourceStream($"Controllers/{id}.json")!;
        return JsonDocument.Parse(resource);
    }

    private static IngressController Read(string id)
    {
        using var json = Open(id);
        return new(id, json.RootElement);
    }
}
