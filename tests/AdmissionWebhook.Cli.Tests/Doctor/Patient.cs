using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using System.Text.Json.Nodes;
using AdmissionWebhook.Policy.Configuration.Schemas;
using AdmissionWebhook.Policy.Manifests;
using AdmissionWebhook.TestSupport;

namespace AdmissionWebhook.Cli.Tests.Doctor;

/// <summary>An installation in good health, on a fake API server, to which tests do harm.</summary>
internal sealed class Patient : IAsyncDisposable
{
    public const string Space = "/api/v1/namespaces/admission-webhook";
    public const string Deployment = "/apis/apps/v1/namespaces/admission-webhook/deployments/admission-webhook";
    public const string NetworkPolicy = "/apis/networking.k8s.io/v1/namespaces/admission-webhook/networkpolicies/admission-webhook";
    public const string Validating = "/apis/admissionregistration.k8s.io/v1/validatingwebhookconfigurations/admission-webhook";

    private readonly LiveServer _server;

    private Patient(LiveServer server) => _server = server;

    public FakeApiServer Api => _server.Api;

    /// <summary>What the API server says to dry runs and reviews of access; by default the webhook answers, and everything is permitted.</summary>
    public Func<string, JsonObject, UnstoredAnswer> Answers
    {
        set => Api.Unstored = value;
    }

    public static string Mutating => Validating.Replace("validating", "mutating", StringComparison.Ordinal);

    /// <summary>The two answers of the webhook to a probe, in its own words.</summary>
    public static IReadOnlyList<string> Voices(string? version = null) =>
        [$"answered by admission-webhook (mutating) {version ?? Policy.Evaluation.Probe.Version}", $"answered by admission-webhook (validating) {version ?? Policy.Evaluation.Probe.Version}"];

    public static async Task<Patient> AdmitAsync()
    {
        var patient = new Patient(await LiveServer.StartAsync()) { Answers = (_, _) => new() { Warnings = Voices() } };
        patient.Api.Put(string.Join("---\n", CustomResource.All.Select(resource => JsonYaml.Write(resource.Definition))));
        patient.Api.Put(string.Join("---\n", new[] { "server/deployment.yaml", "server/pod-disruption-budget.yaml", "webhook/webhooks.yaml" }.Select(file => File.ReadAllText(Repository.PathOf("config", file)) + "\n")));
        patient.Api.Put(string.Join("---\n", new[] { "a", "b" }.Select(name =>
            $"{{apiVersion: v1, kind: Pod, metadata: {{name: {name}, namespace: admission-webhook, labels: {{app.kubernetes.io/name: admission-webhook}}}}, spec: {{nodeName: node-{name}}}}}\n")));
        patient.Api.Put("""
            apiVersion: networking.k8s.io/v1
            kind: NetworkPolicy
            metadata: {name: admission-webhook, namespace: admission-webhook}
            spec: {ingress: [{ports: [{port: https}], from: [{ipBlock: {cidr: 10.0.0.10/32}}]}]}
            """);
        patient.Api.Put("""
            apiVersion: policy.admissionwebhook.dev/v1alpha1
            kind: TrafficPolicy
            metadata: {name: organisation}
            spec: {rules: {ingress-tls-required: {enforcement: Deny}}}
            status: {conditions: [{type: Accepted, status: "True", reason: Valid, observedGeneration: 1}]}
            """);
        patient.Change(Deployment, deployment => deployment["status"] = new JsonObject { ["readyReplicas"] = 2 });
        patient.Certify(DateTimeOffset.UtcNow.AddDays(-1), DateTimeOffset.UtcNow.AddDays(90));
        return patient;
    }

    public Run Examine(params string[] options) => Cli.Run(["doctor", "--kubeconfig", _server.Kubeconfig, .. options]);

    /// <summary>The lines that tell of anything but health, each without its remedy.</summary>
    public IReadOnlyList<string> Complaints(params string[] options)
    {
        var run = Examine(options);
        Assert.Equal("", run.Error);
        var lines = run.Output.Split(Environment.NewLine);
        Assert.All(Enumerable.Range(0, lines.Length).Where(at => lines[at].StartsWith('w')), at => Assert.StartsWith("          Remedy: ", lines[at + 1], StringComparison.Ordinal));
        Assert.Equal(lines.Any(line => line.StartsWith("wrong", StringComparison.Ordinal)) ? 1 : 0, run.ExitCode);
        return [.. lines[..^2].Where(line => !line.StartsWith("ok ", StringComparison.Ordinal) && !line.StartsWith(' '))];
    }

    public void Change(string path, Action<JsonObject> change)
    {
        var stored = Api.Find(path)!;
        change(stored);
        Api.Put(stored.ToJsonString());
    }

    /// <summary>Changes the entries of a registration.</summary>
    public void ChangeEntries(string path, Action<JsonNode> change) => Change(path, registration =>
    {
        foreach (var entry in registration["webhooks"]!.AsArray())
            change(entry!);
    });

    /// <summary>A new authority and what it signs, in the Secret, by way of another authority where it is chained; and in the caBundle too unless the API servers have not heard of it.</summary>
    public void Certify(DateTimeOffset begin, DateTimeOffset end, string name = "admission-webhook.admission-webhook.svc", bool isTrusted = true, bool isChained = false)
    {
        using var authorityKey = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        using var authority = ToSign("CN=authority", authorityKey).CreateSelfSigned(begin.AddDays(-2), end.AddDays(1000));
        using var middleKey = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        using var unsigned = ToSign("CN=middle", middleKey).Create(authority, begin.AddDays(-1), end.AddDays(900), [4, 5, 6]);
        using var middle = unsigned.CopyWithPrivateKey(middleKey);
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var leaf = new CertificateRequest("CN=webhook", key, HashAlgorithmName.SHA256);
        var names = new SubjectAlternativeNameBuilder();
        names.AddDnsName(name);
        leaf.CertificateExtensions.Add(names.Build());
        using var certificate = leaf.Create(isChained ? middle : authority, begin, end, [1, 2, 3]);

        Api.Put($$$"""{"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "admission-webhook", "namespace": "admission-webhook"}, "data": {"tls.crt": "{{{Encode(isChained ? [certificate, middle] : [certificate])}}}"} }""");
        var bundle = Encode([authority]);
        foreach (var path in isTrusted ? (string[])[Validating, Mutating] : [])
            ChangeEntries(path, entry => entry["clientConfig"]!["caBundle"] = bundle);

        static CertificateRequest ToSign(string name, ECDsa key)
        {
            var request = new CertificateRequest(name, key, HashAlgorithmName.SHA256);
            request.CertificateExtensions.Add(new X509BasicConstraintsExtension(true, false, 0, true));
            return request;
        }

        static string Encode(X509Certificate2Collection certificates) => Convert.ToBase64String(Encoding.UTF8.GetBytes(certificates.ExportCertificatePems()));
    }

    public ValueTask DisposeAsync() => _server.DisposeAsync();
}
