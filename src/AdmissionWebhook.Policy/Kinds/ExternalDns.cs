using AdmissionWebhook.Policy.Values;

namespace AdmissionWebhook.Policy.Kinds;

/// <summary>The DNS names that annotations ask external-dns for (its sources service and ingress, 0.15 to 0.18).</summary>
public static class ExternalDns
{
    private const string Prefix = "external-dns.alpha.kubernetes.io/";

    /// <summary>Comma separated names for the public address.</summary>
    public const string Hostname = Prefix + "hostname";

    /// <summary>Comma separated names for the address inside the cluster.</summary>
    public const string InternalHostname = Prefix + "internal-hostname";

    /// <summary>Tells apart objects that share a name on purpose, each with a share of its traffic.</summary>
    public const string SetIdentifier = Prefix + "set-identifier";

    /// <summary>Which program publishes the names: any other value than external-dns's own, <c>none</c> for one, makes it leave the object alone.</summary>
    private const string Controller = Prefix + "controller";

    /// <summary>The annotations that hold names.</summary>
    public static ImmutableArray<string> Annotations { get; } = [Hostname, InternalHostname];

    /// <summary>So many are kept of one object: its author decides how many there are.</summary>
    private const int MostNames = 250;

    /// <summary>The names that an object asks for, each once; those that are empty are left out, and so is what goes beyond any reason.</summary>
    public static IEnumerable<Host> NamesOf(KubernetesObject asking) =>
        asking.Metadata.Annotations.IsEmpty ? [] : Annotations.SelectMany(annotation => NamesIn(asking, annotation)).Distinct().Take(MostNames);

    /// <summary>The names in one annotation of an object, in the order written. external-dns removes spaces first, those in names too.</summary>
    public static IEnumerable<Host> NamesIn(KubernetesObject asking, string annotation) =>
        asking.Metadata.Annotations[annotation] is { } written && asking.Metadata.Annotations[Controller] is null or "dns-controller"
        ? written.Replace(" ", "", StringComparison.Ordinal).Split(',').Select(Host.Parse).Where(name => !name.IsAny)
        : [];
}
