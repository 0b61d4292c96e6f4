using AdmissionWebhook.Policy.Values;

namespace AdmissionWebhook.Policy.Reading;

/// <summary>
/// How many items of one sort an object may have. The API server accepts an object of 1.5 MiB, so without bounds one Service of 50,000 ports costs as much as
/// a thousand ordinary ones.
/// </summary>
/// <param name="Name">camelCase; a parameter of the rule object-size.</param>
/// <param name="What">What is counted, as a phrase after a number.</param>
/// <param name="Field">Where an object holds it.</param>
/// <param name="Usual">The default limit of a policy: more than any real application has.</param>
/// <param name="Most">How many the webhook reads, and so the highest limit that a policy can set.</param>
public sealed record Bound(string Name, string What, FieldPath Field, int Usual, int Most)
{
    /// <summary>Its place in <see cref="All"/>.</summary>
    internal int Place { get; private init; }

    /// <summary>spec.ports of a Service.</summary>
    public static Bound Ports { get; } = new("ports", "ports", FieldPath.Spec / "ports", 250, 1000) { Place = 0 };

    /// <summary>The addresses and ranges of a Service: external, allowed as sources, and of its load balancer.</summary>
    public static Bound Addresses { get; } = new("addresses", "addresses", FieldPath.Spec, 250, 1000) { Place = 1 };

    /// <summary>spec.selector of a Service.</summary>
    public static Bound SelectorEntries { get; } = new("selectorEntries", "selector entries", FieldPath.Spec / "selector", 20, 100) { Place = 2 };

    /// <summary>spec.rules of an Ingress, each of which has a host.</summary>
    public static Bound Hosts { get; } = new("hosts", "rules", FieldPath.Spec / "rules", 250, 1000) { Place = 3 };

    /// <summary>The paths of all rules of an Ingress together.</summary>
    public static Bound Paths { get; } = new("paths", "paths", FieldPath.Spec / "rules", 1000, 4000) { Place = 4 };

    /// <summary>spec.tls of an Ingress.</summary>
    public static Bound TlsEntries { get; } = new("tlsEntries", "TLS entries", FieldPath.Spec / "tls", 250, 1000) { Place = 5 };

    /// <summary>The hosts of all TLS entries of an Ingress together.</summary>
    public static Bound TlsHosts { get; } = new("tlsHosts", "hosts in TLS entries", FieldPath.Spec / "tls", 1000, 4000) { Place = 6 };

    /// <summary>metadata.labels.</summary>
    public static Bound Labels { get; } = new("labels", "labels", FieldPath.Metadata / "labels", 250, 1000) { Place = 7 };

    /// <summary>Keys and values of all annotations together, as the API server bounds them (256 KiB).</summary>
    public static Bound AnnotationBytes { get; } = new("annotationBytes", "bytes of annotations", FieldPath.Metadata / "annotations", 256 * 1024, 256 * 1024) { Place = 8 };

    /// <summary>The longest string outside annotations, such as a path.</summary>
    public static Bound TextBytes { get; } = new("textBytes", "bytes in one string", FieldPath.Spec, 2048, 4096) { Place = 9 };

    /// <summary>All of them.</summary>
    public static ImmutableArray<Bound> All { get; } =
        [Ports, Addresses, SelectorEntries, Hosts, Paths, TlsEntries, TlsHosts, Labels, AnnotationBytes, TextBytes];
}

/// <summary>An object has more items of one sort than the webhook reads.</summary>
/// <param name="Bound">The sort.</param>
/// <param name="Count">How many it has.</param>
public readonly record struct Excess(Bound Bound, int Count);
