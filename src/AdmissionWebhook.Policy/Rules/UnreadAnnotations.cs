using System.Collections.Frozen;
using AdmissionWebhook.Policy.Configuration;
using AdmissionWebhook.Policy.Controllers;
using AdmissionWebhook.Policy.Evaluation;
using AdmissionWebhook.Policy.Kinds;
using AdmissionWebhook.Policy.Values;

namespace AdmissionWebhook.Policy.Rules;

/// <summary>
/// Annotations of one object that nobody reads, although they look like those of a known program. Everybody may invent an annotation, so only these are
/// reported: names that a program gave up, names on an object of the wrong kind, and near misses of known names.
/// </summary>
/// <param name="kind">The object's kind.</param>
/// <param name="serving">The controller that serves the object, asked only if needed; null if it is unknown.</param>
/// <param name="nginxPrefix">The prefix of ingress-nginx, without slash.</param>
internal sealed class UnreadAnnotations(ResourceKind kind, Lazy<IngressController?> serving, string nginxPrefix)
{
    /// <summary>Near misses are looked for so often in one object. Each takes time, and an object can have thousands of annotations.</summary>
    private const int MostCompared = 50;

    private const int Longest = 200;

    /// <summary>The known annotations by the names behind their prefixes.</summary>
    private static readonly Lazy<FrozenDictionary<string, ImmutableArray<(string Prefix, bool ForServices)>>> ByName = new(() =>
        OfControllers().Concat(OfTools())
            .GroupBy(known => known.Name)
            .ToFrozenDictionary(names => names.Key, names => names.Select(each => (each.Prefix, each.ForServices)).Distinct().ToImmutableArray()));

    private static readonly Lazy<FrozenSet<string>> Prefixes = new(() =>
        IngressController.All.SelectMany(known => known.Annotations.ByName.Values.Select(annotation => annotation.Prefix).Concat(known.Prefixes))
            .Concat(AnnotationTool.All.SelectMany(tool => tool.Names.Keys)).ToFrozenSet());

    private int _compared;

    /// <summary>What is wrong with an annotation that no controller owns; null if nothing is.</summary>
    public Violation? Judge(string key)
    {
        if (key.Length > Longest)
            return null;
        if (key.IndexOf('/', StringComparison.Ordinal) is not (>= 0 and var slash))
            return JudgeJoined(key);

        var (prefix, name) = (key[..(slash + 1)], key[(slash + 1)..]);
        if (AnnotationTool.FindGone(prefix, name) is var (former, instead))
            return new(At(key), $"is ignored by {former.Describes}", instead.Length > 0 ? $"Use {instead}" : "Remove it");
        if (AnnotationTool.Find(prefix) is { } tool)
            return JudgeOfTool(key, prefix, name, tool);
        return Prefixes.Value.Contains(prefix) ? JudgeShared(key, prefix, name) : JudgePrefix(key, prefix, name);
    }

    private Violation? JudgeOfTool(string key, string prefix, string name, AnnotationTool tool)
    {
        var isKnown = tool.Has(prefix, name);
        if (!tool.Reads(kind.Name) && (isKnown || tool.OwnsAll))
        {
            var other = kind == ResourceKind.Ingress ? ResourceKind.Service : ResourceKind.Ingress;
            return new(At(key), $"is ignored here; {tool.Name} reads it on objects of kind {other.Name}", $"Move it to the {other.Name}, or remove it");
        }


        if (isKnown)
            return null;
        if (tool.IsShared && JudgeShared(key, prefix, name) is { } shared)
            return shared;

        return _compared++ < MostCompared && tool.Names[prefix].FirstOrDefault(known => Spelling.IsTypo(name, known)) is { } nearest
            ? new(At(key), $"is not an annotation of {tool.Describes}", $"Use {prefix}{nearest} if you mean that")
            : null;
    }

    /// <summary>
    /// A prefix that several programs used before each had its own. Reports only what the serving controller reads elsewhere, or another one reads here,
    /// and nothing if the serving controller reads anything here.
    /// </summary>
    private Violation? JudgeShared(string key, string prefix, string name)
    {
        if (!ByName.Value.ContainsKey(name)
            || serving.Value is not { IsComplete: true, ReadsAnyPrefix: false } controller
            || controller.Annotations.HasPrefix(prefix))
            return null;

        if (controller.Prefixes.FirstOrDefault(own => controller.Annotations.Find(own + name) is not null) is { } own)
        {
            own = controller == IngressController.IngressNginx ? nginxPrefix + "/" : own;
            return own == prefix ? null : new(At(key), $"is ignored; {controller} reads annotations that begin with {own}", $"Write {own}{name}");
        }

        return IngressController.ReaderOf(key) is { } reader
            ? new(At(key), $"is ignored by {controller}; it is an annotation of {reader}", $"Use the equivalent of {controller}, or remove it")
            : null;
    }

    /// <summary>A known name behind a prefix that is nearly the known one.</summary>
    private Violation? JudgePrefix(string key, string prefix, string name)
    {
        if (!ByName.Value.TryGetValue(name, out var known)
            || _compared >= MostCompared
            || (kind == ResourceKind.Ingress && serving.Value is { ReadsAnyPrefix: true }))
            return null;

        _compared++;
        var near = known.FirstOrDefault(each => (kind == ResourceKind.Ingress || each.ForServices) && IsNear(prefix[..^1], each.Prefix[..^1]));
        return near.Prefix is { } meant
            ? new(At(key), $"prefix \"{prefix}\" is mistyped, and nobody reads the annotation", $"Write {meant}{name}")
            : null;
    }

    /// <summary>A dot or a hyphen in the place of the slash.</summary>
    private Violation? JudgeJoined(string key)
    {
        if (!key.Contains('.', StringComparison.Ordinal))
            return null;

        foreach (var prefix in Prefixes.Value)
        {
            var domain = prefix.AsSpan(..^1);
            if (key.Length > prefix.Length
                && key.AsSpan().StartsWith(domain, StringComparison.Ordinal)
                && key[domain.Length] is '.' or '-' or '_'
                && ByName.Value.TryGetValue(key[prefix.Length..], out var known)
                && known.Any(each => each.Prefix == prefix))
                return new(At(key), "has no slash between prefix and name, and nobody reads the annotation", $"Write {prefix}{key[prefix.Length..]}");
        }

        return null;
    }

    /// <summary>Whether one domain is certainly the other one with a typing error. A number more is no error: it may be a second installation.</summary>
    private static bool IsNear(string written, string known)
    {
        if (Spelling.HaveSameLetters(written, known))
            return true;

        var (mine, theirs) = (written.Split('.'), known.Split('.'));
        if (mine.Length == theirs.Length - 1)
            return mine.AsSpan().SequenceEqual(theirs.AsSpan(..^1));
        if (mine.Length != theirs.Length)
            return false;
        return (theirs.Length > 2 && mine.AsSpan(..^1).SequenceEqual(theirs.AsSpan(..^1)))
            || mine.Zip(theirs).All(label => label.First == label.Second || Spelling.IsTypo(label.First, label.Second));
    }

    private static IEnumerable<(string Name, string Prefix, bool ForServices)> OfControllers() =>
        from controller in IngressController.All
        from key in controller.Annotations.ByName.Keys
        let name = key[(key.IndexOf('/', StringComparison.Ordinal) + 1)..]
        where !name.EndsWith('*')
        select (name, key[..^name.Length], controller.ServiceNames is "" || controller.IsOnlyForServices(name));

    private static IEnumerable<(string Name, string Prefix, bool ForServices)> OfTools() =>
        from tool in AnnotationTool.All
        from prefix in tool.Names
        from name in prefix.Value
        select (name, prefix.Key, tool.Reads(ResourceKind.Service.Name));

    private static FieldPath At(string key) => FieldPath.Metadata / "annotations" / key;
}
