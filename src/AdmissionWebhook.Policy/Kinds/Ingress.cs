using AdmissionWebhook.Policy.Reading;
using AdmissionWebhook.Policy.Values;

namespace AdmissionWebhook.Policy.Kinds;

/// <summary>networking.k8s.io/v1 Ingress.</summary>
public sealed class Ingress : Route
{
    /// <summary>How classes were named before spec.ingressClassName; controllers still read it.</summary>
    public const string ClassAnnotation = "kubernetes.io/ingress.class";

    /// <summary>Contour's and HAProxy's own annotations for it end like that; HAProxy's has had any prefix, or none.</summary>
    private const string ClassAnnotationName = "ingress.class";

    private const int FewNames = 8;

    /// <summary>Whether there is a spec at all; a default can only be added inside one.</summary>
    public bool HasSpec { get; private init; }

    /// <summary>spec.ingressClassName; null where empty.</summary>
    public string? ClassName { get; private init; }

    /// <summary>The class that an annotation names: the old one, or where there is none a controller's own; null where none names any.</summary>
    public string? AnnotatedClass => AnnotatedClasses.IsEmpty ? null : AnnotatedClasses[0].Class;

    /// <summary>The classes that annotations name, and by which: the old annotation first.</summary>
    public ImmutableArray<(string Annotation, string Class)> AnnotatedClasses { get; private init; } = [];

    /// <summary>Every class that it names, in the field or in annotations, each once. Controllers differ in what they read first, so each of these may serve it.</summary>
    public IEnumerable<string> NamedClasses
    {
        get
        {
            if (ClassName is not null)
                yield return ClassName;
            for (var i = 0; i < AnnotatedClasses.Length; i++)
            {
                var named = AnnotatedClasses[i].Class;
                if (named != ClassName && (i == 0 || !AnnotatedClasses.Take(i).Any(before => before.Class == named)))
                    yield return named;
            }
        }
    }

    /// <inheritdoc/>
    public override IEnumerable<ObjectReference> Parents => NamedClasses.Select(name => new ObjectReference(ResourceKind.IngressClass, null, name));

    /// <summary>spec.defaultBackend.</summary>
    public IngressBackend? DefaultBackend { get; private init; }

    /// <summary>spec.rules.</summary>
    public ImmutableArray<IngressRule> Rules { get; private init; } = [];

    /// <summary>spec.tls.</summary>
    public ImmutableArray<IngressTls> Tls { get; private init; } = [];

    /// <summary>
    /// The further hosts of annotations, which lead where the hosts of the rules lead. Only the controller whose annotation it is serves them:
    /// <see cref="Evaluation.ClusterState.AliasesOf"/>.
    /// </summary>
    public ImmutableArray<HostAlias> ServerAliases { get; private init; } = [];

    /// <summary>The further names that it asks for in DNS or in certificates, which lead nowhere by themselves.</summary>
    public ImmutableArray<HostAlias> Names { get; private set; } = [];

    /// <summary>Many names, as a set, so that a lookup of one does not cost as much as all.</summary>
    private HashSet<Host>? _manyNames;

    /// <summary>Whether it asks for a host in DNS or in a certificate.</summary>
    public bool AsksFor(Host host)
    {
        if (_manyNames is not null)
            return _manyNames.Contains(host);

        foreach (var name in Names)
        {
            if (name.Host == host)
                return true;
        }

        return false;
    }

    /// <summary>Whether it says anything of its class, were it the empty text, in the field or in the annotation: then nothing may be filled in.</summary>
    public bool NamesClass { get; private init; }

    /// <summary>Whether it says anything of its class in the field, were it the empty text.</summary>
    public bool HasClassField { get; private init; }

    /// <summary>
    /// Whether it takes a share of another Ingress's traffic (ingress-nginx's canaries). The controller reads the value with
    /// Go's ParseBool: of anything else, <c>yes</c> for one, it makes an ordinary Ingress.
    /// </summary>
    public bool IsCanary => SaysCanary(Metadata);

    /// <summary>Every path of every rule.</summary>
    public IEnumerable<IngressPath> Paths
    {
        get
        {
            foreach (var rule in Rules)
            {
                foreach (var path in rule.Paths)
                    yield return path;
            }
        }
    }

    /// <summary>How many paths its rules have.</summary>
    public int PathCount
    {
        get
        {
            var count = 0;
            foreach (var rule in Rules)
                count += rule.Paths.Length;
            return count;
        }
    }

    /// <summary>Every backend, the default one first.</summary>
    public override IEnumerable<IngressBackend> Backends
    {
        get
        {
            if (DefaultBackend is not null)
                yield return DefaultBackend;

            foreach (var rule in Rules)
            {
                foreach (var path in rule.Paths)
                {
                    if (path.Backend is not null)
                        yield return path.Backend;
                }
            }
        }
    }

    /// <summary>What traffic its rules ask for. A rule without paths asks for the whole host; an Ingress without rules for every host.</summary>
    public IEnumerable<HostClaim> Claims
    {
        get
        {
            if (Rules.IsEmpty)
                yield return new(Host.Any, "/", null, -1, -1);

            foreach (var rule in Rules)
            {
                if (rule.Paths.IsEmpty)
                    yield return new(rule.Host, "/", null, rule.Index, -1);

                foreach (var path in rule.Paths)
                    yield return new(rule.Host, path.Path, path.PathType, path.Rule, path.Index) { Backend = path.Backend };
            }
        }
    }

    /// <summary>What it asks for by an alias: its paths, of whatever host.</summary>
    public IEnumerable<HostClaim> ClaimsOfAlias(HostAlias alias) =>
        from path in Paths.Select(path => (path.Path, path.PathType)).DefaultIfEmpty().Distinct()
        select new HostClaim(alias.Host, path.Path ?? "/", path.PathType, HostClaim.Alias, -1) { At = alias.Field };

    /// <summary>The hosts of its rules and its aliases, each once.</summary>
    public IEnumerable<Host> Hosts => Rules.Length > 1 || !ServerAliases.IsEmpty
        ? RuleHosts.DefaultIfEmpty(Host.Any).Concat(ServerAliases.Select(alias => alias.Host)).Distinct()
        : [Rules.IsEmpty ? Host.Any : Rules[0].Host];

    /// <inheritdoc/>
    public override IEnumerable<Host> ClaimedHosts => Names.IsEmpty ? Hosts : Hosts.Concat(Names.Select(name => name.Host)).Distinct();

    /// <summary>The hosts of its rules, each once.</summary>
    public IEnumerable<Host> RuleHosts => Rules.Length == 1 ? [Rules[0].Host] : Rules.Select(rule => rule.Host).Distinct();

    /// <inheritdoc/>
    public override int Size =>
        base.Size + ((Rules.Length + ServerAliases.Length + Names.Length) * 450) + (PathCount * 200) + (CountTlsHosts() * 80) + (2 * CountPathLetters()) + (2 * Metadata.CountTextBytes());

    /// <inheritdoc/>
    public override KubernetesObject ToStub() =>
        new Ingress { HasSpec = HasSpec, ClassName = ClassName, HasClassField = HasClassField, NamesClass = NamesClass }.AsStubOf(this, Bound.Hosts, Bound.Paths, Bound.TlsEntries, Bound.TlsHosts);

    private protected override int Measure(Bound bound) =>
        bound == Bound.Hosts ? Rules.Length
        : bound == Bound.Paths ? PathCount
        : bound == Bound.TlsEntries ? Tls.Length
        : bound == Bound.TlsHosts ? CountTlsHosts()
        : bound == Bound.TextBytes ? LongestPath()
        : base.Measure(bound);

    internal static Ingress Read(ref ObjectReader json)
    {
        var metadata = ObjectMeta.Empty;
        var hasSpec = false;
        string? className = null;
        IngressBackend? defaultBackend = null;
        ImmutableArray<IngressRule> rules = [];
        ImmutableArray<IngressTls> tls = [];

        if (!json.Begin())
            return new();

        while (json.NextField())
        {
            if (json.Is("metadata"u8))
            {
                metadata = ObjectMeta.Read(ref json);
            }
            else if (json.Is("spec"u8) && json.Begin())
            {
                hasSpec = true;
                while (json.NextField())
                {
                    if (json.Is("ingressClassName"u8))
                        className = json.Text();
                    else if ((json.Is("defaultBackend"u8) || json.Is("backend"u8)) && json.Begin())
                        defaultBackend = IngressBackend.Read(ref json, -1, -1);
                    else if (json.Is("rules"u8))
                        rules = json.List(IngressRule.Read, Bound.Hosts);
                    else if (json.Is("tls"u8))
                        tls = json.List(IngressTls.Read, Bound.TlsEntries);
                    else
                        json.Skip();
                }
            }
            else
            {
                json.Skip();
            }
        }

        var ingress = new Ingress
        {
            Metadata = metadata,
            HasSpec = hasSpec,
            ClassName = string.IsNullOrEmpty(className) ? null : className,
            HasClassField = className is not null,
            AnnotatedClasses = ReadAnnotatedClasses(metadata.Annotations, out var hasClassAnnotation),
            NamesClass = className is not null || hasClassAnnotation,
            DefaultBackend = defaultBackend,
            Rules = rules,
            Tls = tls,
            ServerAliases = HostAlias.ReadServed(metadata.Annotations, rules, SaysCanary(metadata)),
        };
        ingress.Names = HostAlias.ReadAskedFor(ingress);
        if (ingress.Names.Length > FewNames)
            ingress._manyNames = [.. ingress.Names.Select(name => name.Host)];
        return ingress;
    }

    private static ImmutableArray<(string Annotation, string Class)> ReadAnnotatedClasses(TextMap annotations, out bool hasAny)
    {
        List<(string Annotation, string Class)>? named = null;
        hasAny = false;
        foreach (var (key, value) in annotations.Entries)
        {
            if (!IsClassAnnotation(key))
                continue;

            hasAny = true;
            if (value.Length > 0)
                (named ??= []).Add((key, value));
        }

        return named is null ? [] : [.. named.OrderBy(each => each.Annotation != ClassAnnotation)];
    }

    private static bool IsClassAnnotation(string key) =>
        key.EndsWith(ClassAnnotationName, StringComparison.Ordinal) && (key.Length == ClassAnnotationName.Length || key[^(ClassAnnotationName.Length + 1)] == '/');

    private int CountTlsHosts()
    {
        var count = 0;
        foreach (var tls in Tls)
            count += tls.Hosts.Length;
        return count;
    }

    private int CountPathLetters()
    {
        var count = 0;
        foreach (var rule in Rules)
        {
            foreach (var path in rule.Paths)
                count += path.Path?.Length ?? 0;
        }

        return count;
    }

    private int LongestPath()
    {
        var longest = 0;
        foreach (var rule in Rules)
        {
            foreach (var path in rule.Paths)
                longest = Math.Max(longest, path.Path?.Length ?? 0);
        }

        return longest;
    }

    private static bool SaysCanary(ObjectMeta metadata) => GoText.IsTrue(metadata.Annotations["nginx.ingress.kubernetes.io/canary"]);
}
