using System.Net;
using AdmissionWebhook.KubernetesApi;
using k8s;
using k8s.Models;

namespace AdmissionWebhook.Cli.Doctor;

/// <summary>
/// Whether the API server reaches the webhook. The check creates an Ingress and a Service in a dry run, and expects the webhook's own answer.
/// </summary>
internal static class AnswerCheck
{
    private const string Name = "answer";

    /// <summary>The reasons of an API server for a missing answer, each with its remedy.</summary>
    private static readonly (string Sign, string Remedy)[] Causes =
    [
        ("x509", "The caBundle does not match the served certificate: see certificate"),
        ("tls:", "The caBundle does not match the served certificate: see certificate"),
        ("no endpoints", "No replica is ready: see replicas"),
        ("not found", "The Service does not exist: install the webhook again"),
        ("connection refused", "No replica listens on that port: see replicas"),
        ("", "The API server cannot reach the pods. In a private cluster, allow the control plane to reach webhook.port on the nodes, or set it to 10250, or set hostNetwork"),
    ];

    private static readonly AdmissionPhase[] Phases = [AdmissionPhase.Mutating, AdmissionPhase.Validating];

    public static async IAsyncEnumerable<Diagnosis> RunAsync(Installation installation)
    {
        yield return await TryAsync(installation, ResourceKind.Ingress, (api, cancellation) =>
            api.NetworkingV1.CreateNamespacedIngressAsync(ProbedIngress(), installation.ProbedNamespace, dryRun: "All", cancellationToken: cancellation));
        yield return await TryAsync(installation, ResourceKind.Service, (api, cancellation) =>
            api.CoreV1.CreateNamespacedServiceAsync(ProbedService(), installation.ProbedNamespace, dryRun: "All", cancellationToken: cancellation));
    }

    private static V1Ingress ProbedIngress() => new()
    {
        ApiVersion = ResourceKind.Ingress.ApiVersion,
        Kind = ResourceKind.Ingress.Name,
        Metadata = new() { Name = Probe.Name },
        Spec = new()
        {
            IngressClassName = Probe.Name,
            Rules = [new() { Host = $"{Probe.Name}.invalid", Http = new() { Paths = [new() { Path = "/", PathType = "Exact", Backend = new() { Service = new() { Name = Probe.Name, Port = new() { Number = 80 } } } }] } }],
        },
    };

    private static V1Service ProbedService() => new()
    {
        ApiVersion = ResourceKind.Service.ApiVersion,
        Kind = ResourceKind.Service.Name,
        Metadata = new() { Name = Probe.Name },
        Spec = new() { Ports = [new() { Port = 80 }] },
    };

    private static async Task<Diagnosis> TryAsync(Installation installation, ResourceKind kind, Func<IKubernetes, CancellationToken, Task> call)
    {
        IReadOnlyCollection<string> warnings = [];
        ApiException? refusal = null;
        try
        {
            await installation.CallAsync(call, out warnings);
        }
        catch (ApiException refused)
        {
            refusal = refused;
        }

        var silent = Phases.Where(phase => Probe.FindAnswer(warnings, phase) is null).ToList();
        if (silent.Count == 0)
            return Answered(kind, Probe.FindAnswer(warnings, AdmissionPhase.Validating)!);

        return refusal switch
        {
            { Message: var reason } when reason.Contains("failed calling webhook", StringComparison.Ordinal) && reason.Contains(".admissionwebhook.dev", StringComparison.Ordinal) =>
                new(Name, Health.Wrong, $"The API server gets no answer for {kind.Name} objects and denies them: {reason}", Causes.First(cause => reason.Contains(cause.Sign, StringComparison.Ordinal)).Remedy),
            { Code: HttpStatusCode.Forbidden or HttpStatusCode.NotFound } when silent.Count == Phases.Length =>
                new(Name, Health.Unknown, $"Cannot try a {kind.Name} in namespace \"{installation.ProbedNamespace}\": {refusal.Message}", "Try a namespace in which you may create one: --probe-namespace NS"),
            { } => new(Name, Health.Unknown, $"Another webhook or policy denied the {kind.Name} before the API server called this webhook: {refusal.Message}", "Try another namespace: --probe-namespace NS"),
            null => new(
                Name, Health.Wrong, $"The API server accepts {kind.Name} objects without an answer of the webhook ({string.Join(" and ", silent).ToLowerInvariant()})",
                $"Check three causes: namespace {installation.ProbedNamespace} is excluded, you belong to a break-glass group, or failurePolicy Ignore hides an outage; see registration, certificate and replicas"),
        };
    }

    private static Diagnosis Answered(ResourceKind kind, string version) => version == Probe.Version
        ? new(Name, Health.Ok, $"Version {version} of the webhook validates {kind.Name} objects")
        : new(Name, Health.Warning, $"Version {version} of the webhook validates {kind.Name} objects; this command is version {Probe.Version}", "Use the command line of the same version; results of two versions can differ");
}
