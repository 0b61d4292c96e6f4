using System.Text.Json;
using System.Text.Json.Nodes;
using AdmissionWebhook.Policy.Configuration.Schemas;
using AdmissionWebhook.Policy.Evaluation;
using AdmissionWebhook.Policy.Values;

namespace AdmissionWebhook.Policy.Configuration;

/// <summary>A controller that writes its own traffic objects, which are no violations.</summary>
public sealed class KnownController
{
    private readonly Func<Rule, Subject, bool> _excuses;

    private KnownController(string name, string summary, Func<Rule, Subject, bool> excuses) => (Name, Summary, _excuses) = (name, summary, excuses);

    /// <summary>cert-manager.</summary>
    public static KnownController CertManager { get; } =
        new("cert-manager", "Creates an Ingress and a Service while an ACME server checks who owns a host (HTTP-01).", AcmeSolver.Excuses);

    /// <summary>Knative Serving.</summary>
    public static KnownController Knative { get; } =
        new("knative", "Creates a Service of type ExternalName to its own gateway for each Route.", KnativeRoute.Excuses);

    /// <summary>The operator of Tailscale.</summary>
    public static KnownController Tailscale { get; } =
        new("tailscale", "Replaces the placeholder in a Service of type ExternalName that names a machine of the tailnet.", TailscaleEgress.Excuses);

    /// <summary>All of them: the default of a policy.</summary>
    public static ImmutableArray<KnownController> All { get; } = [CertManager, Knative, Tailscale];

    /// <summary>Kebab-case and stable: used in policies.</summary>
    public string Name { get; }

    /// <summary>What it does, as one sentence.</summary>
    public string Summary { get; }

    private static IEnumerable<string> Names => All.Select(known => known.Name);

    /// <summary>Whether a violation of <paramref name="rule"/> is normal for this controller.</summary>
    public bool Excuses(Rule rule, Subject subject) => _excuses(rule, subject);

    internal static JsonObject Schema => OpenApi.ListOf(OpenApi.Choice(Names), All.Length)
        .As($"Controllers whose own objects are not reported as violations. {string.Join(' ', All.Select(known => $"{known.Name}: {known.Summary}"))} Default: all of them.");

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
