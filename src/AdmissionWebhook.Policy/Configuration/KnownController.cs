using System.Text.Json;
using System.Text.Json.Nodes;
using AdmissionWebhook.Policy.Configuration.Schemas;
using AdmissionWebhook.Policy.Evaluation;
using AdmissionWebhook.Policy.Values;

namespace AdmissionWebhook.Policy.Configuration;

/// <summary>A controller that writes traffic objects in ways of its own, which a policy need not take for violations.</summary>
public sealed class KnownController
{
    private readonly Func<Rule, Subject, bool> _excuses;

    private KnownController(string name, string summary, Func<Rule, Subject, bool> excuses) => (Name, Summary, _excuses) = (name, summary, excuses);

    /// <summary>cert-manager.</summary>
    public static KnownController CertManager { get; } =
        new("cert-manager", "Opens an Ingress and a Service for as long as an ACME server checks who owns a host (HTTP-01).", AcmeSolver.Excuses);

    /// <summary>All of them: what a policy knows unless it says otherwise.</summary>
    public static ImmutableArray<KnownController> All { get; } = [CertManager];

    /// <summary>Kebab-case and stable: it stands in policies.</summary>
    public string Name { get; }

    /// <summary>What it does, as one sentence.</summary>
    public string Summary { get; }

    private static IEnumerable<string> Names => All.Select(known => known.Name);

    /// <summary>Whether a violation of <paramref name="rule"/> is this controller's way of working.</summary>
    public bool Excuses(Rule rule, Subject subject) => _excuses(rule, subject);

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
