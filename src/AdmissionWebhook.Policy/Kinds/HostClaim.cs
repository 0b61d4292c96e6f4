using AdmissionWebhook.Policy.Values;

namespace AdmissionWebhook.Policy.Kinds;

/// <summary>Traffic that an Ingress asks for: a host and a path below it.</summary>
/// <param name="Host">The host or hosts.</param>
/// <param name="Path">As written; null means <c>/</c>.</param>
/// <param name="PathType">How the path is matched; null where not written.</param>
/// <param name="Rule">The rule's place in spec.rules; negative for an Ingress without rules.</param>
/// <param name="PathIndex">The path's place in the rule; negative for a rule without paths.</param>
public readonly record struct HostClaim(Host Host, string? Path, string? PathType, int Rule, int PathIndex)
{
    /// <summary>In the place of a rule: the host is an alias that an annotation gives to the hosts of all rules.</summary>
    internal const int Alias = -2;

    /// <summary>How patterns end that fit whatever follows, the longest first. A controller that reads patterns tries the longer path first, so it takes what the plain one asks for.</summary>
    private static readonly ImmutableArray<string> Rests = ["(/|$)(.*)", "/?(.*)", "(/.*)?", "(.*)", "(.+)", ".*", ".+"];

    /// <summary>Where its requests go; null for a whole host.</summary>
    public IngressBackend? Backend { get; init; }

    /// <summary>Whether an annotation claims the host, and no rule.</summary>
    public bool IsAlias => Rule == Alias;

    /// <summary>Where an alias is written.</summary>
    internal FieldPath? At { get; init; }

    /// <summary>Where the Ingress asks for it.</summary>
    public FieldPath Field => (Rule, PathIndex) switch
    {
        (Alias, _) => At!,
        ( < 0, _) => FieldPath.Spec / "defaultBackend",
        (_, < 0) => FieldPath.Spec / "rules" / Rule / "host",
        _ => FieldPath.Spec / "rules" / Rule / "http" / "paths" / PathIndex / "path",
    };

    /// <summary>
    /// The path without slashes at its end, or a pattern there that fits whatever follows: claims that have not this in common cannot be for the
    /// same path.
    /// </summary>
    public string PathKey => (PathType == "Exact" || Path?.AsSpan().IndexOfAny("*+") is not >= 0 ? Path ?? "" : WithoutRest(Path)).TrimEnd('/');

    /// <summary>
    /// Whether the paths are the same, whatever the hosts. <c>/a</c> and <c>/a/</c> are one path, unless both are Exact; a longer path below
    /// another's prefix is not the same path: the longer one wins everywhere, by specification.
    /// </summary>
    public bool HasSamePath(HostClaim other) => PathType == "Exact" && other.PathType == "Exact" ? Path == other.Path : PathKey == other.PathKey;

    private static string WithoutRest(string path)
    {
        foreach (var rest in Rests)
        {
            if (path.EndsWith(rest, StringComparison.Ordinal))
                return path[..^rest.Length];
        }

        return path;
    }
}
