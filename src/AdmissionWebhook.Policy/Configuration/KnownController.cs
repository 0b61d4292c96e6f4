using System.Text.Json;
using System.Text.Json.Nodes;
using AdmissionWebhook.Policy.Configuration.Schemas;
using AdmissionWebhook.Policy.Resources;

namespace AdmissionWebhook.Policy.Configuration;

/// <summary>A controller that writes or reads traffic objects in ways of its own, which a policy need not take for violations.</summary>
/// <param name="Name">Kebab-case and stable: it stands in policies.</param>
/// <param name="Summary">What it does, as one sentence.</param>
public sealed record KnownController(string Name, string Summary)
{
    /// <summary>cert-manager.</summary>
    public static KnownController CertManager { get; } =
        new("cert-manager", "Opens an Ingress and a Service for as long as an ACME server checks who owns a host (HTTP-01).");

    /// <summary>Flagger.</summary>
    public static KnownController Flagger { get; } =
        new("flagger", "Makes Services and canary Ingresses beside those of an application while it rolls out.");

    /// <summary>AWS Load Balancer Controller.</summary>
    public static KnownController AwsLoadBalancerController { get; } =
        new("aws-load-balancer-controller", "Takes the port name use-annotation for a backend that an annotation describes, and for no port of a Service.");

    /// <summary>All of them: what a policy knows unless it says otherwise.</summary>
    public static ImmutableArray<KnownController> All { get; } = [CertManager, Flagger, AwsLoadBalancerController];

    private static IEnumerable<string> Names => All.Select(known => known.Name);

    internal static JsonObject Schema => OpenApi.ListOf(OpenApi.Choice(Names), All.Length)
        .As($"Controllers whose own objects are not taken for violations. {string.Join(' ', All.Select(known => $"{known.Name}: {known.Summary}"))} Default: all of them.");

    internal static ImmutableArray<KnownController> ReadList(JsonElement value, FieldPath at, ICollection<PolicyError> errors) =>
        [.. ValueReaders.List(value, at, errors, Read).OfType<KnownController>().Distinct()];

    private static KnownController? Read(JsonElement value, FieldPath at, ICollection<PolicyError> errors)
    {
        var written = value.ValueKind == JsonValueKind.String ? value.GetString() : null;
        if (All.FirstOrDefault(known => known.Name == written) is { } known)
            return known;

        errors.Add(PolicyError.NoSuchValue(at, value, [.. Names]));
        return null;
    }
}
