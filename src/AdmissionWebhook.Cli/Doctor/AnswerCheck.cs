using System.Net;
using AdmissionWebhook.KubernetesApi;
using AdmissionWebhook.Policy.Evaluation;
using AdmissionWebhook.Policy.Kinds;
using AdmissionWebhook.Policy.Values;
using k8s;
using k8s.Models;

namespace AdmissionWebhook.Cli.Doctor;

/// <summary>Whether the API server reaches the webhook: it is asked to create an Ingress and a Service, in a dry run, and the webhook's own answer has to come back.</summary>
internal static class AnswerCheck
{
    private const string Name = "answer";

    /// <summary>Where an API server says why it got no answer, and what helps.</summary>
    private static readonly (string Sign, string Remedy)[] Causes =
    [
        ("x509", "The caBundle and what is served do not fit: see certificate"),
        ("tls:", "The caBundle and what is served do not fit: see certificate"),
        ("no endpoints", "No replica is ready: see replicas"),
        ("not found", "The Service is missing: install it again"),
        ("connection refused", "No replica listens there: see replicas"),
        ("", "The API server cannot reach the pods. Private clusters: let the control plane reach webhook.port on the nodes, or set it to 10250, or set hostNetwork"),
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
                new(Name, Health.Wrong, $"The API server gets no answer about {kind.Name} objects and refuses them: {reason}", Causes.First(cause => reason.Contains(cause.Sign, StringComparison.Ordinal)).Remedy),
            { Code: HttpStatusCode.Forbidden or HttpStatusCode.NotFound } when silent.Count == Phases.Length =>
                new(Name, Health.Unknown, $"No {kind.Name} could be tried in namespace {installation.ProbedNamespace}: {refusal.Message}", "Try it in a namespace in which you may create one: --probe-namespace NS"),
            { } => new(Name, Health.Unknown, $"Somebody else refused the {kind.Name} before the webhook was asked: {refusal.Message}", "Try it in another namespace: --probe-namespace NS"),
            null => new(
                Name, Health.Wrong, $"{kind.Name} objects pass without an answer of the webhook ({string.Join(" and ", silent).ToLowerInvariant()})",
                $"Either namespace {installation.ProbedNamespace} is excluded, or you act as a member of a break-glass group, or failurePolicy Ignore hides that nobody answers: see registration, certificate and replicas"),
        };
    }

    private static Diagnosis Answered(ResourceKind kind, string version) => version == Probe.Version
        ? new(Name, Health.Ok, $"{kind.Name} objects are judged by version {version}")
        : new(Name, Health.Warning, $"{kind.Name} objects are judged by version {version}, and this is {Probe.Version}", "Use the command line of the same version: the two may judge differently");
}
