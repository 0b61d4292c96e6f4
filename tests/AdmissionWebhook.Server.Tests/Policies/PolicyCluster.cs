using AdmissionWebhook.Server.Cluster;
using AdmissionWebhook.TestSupport;

namespace AdmissionWebhook.Server.Tests.Policies;

/// <summary>A fake API server with policies, and servers that take them from it.</summary>
public sealed class PolicyCluster : IAsyncDisposable
{
    public const string PolicyPath = "/apis/policy.admissionwebhook.dev/v1alpha1/trafficpolicies/web";
    public const string ExemptionPath = "/apis/policy.admissionwebhook.dev/v1alpha1/namespaces/shop/trafficpolicyexemptions/web";

    /// <summary>Without a mistake.</summary>
    public const string Good = "ingress-tls-required: {enforcement: Deny}";

    /// <summary>With two.</summary>
    public const string Bad = "ingress-tls-requird: {}, ingress-class-exists: {enforcement: Denny}";

    private readonly List<RunningServer> _servers = [];

    private PolicyCluster(FakeApiServer api) => Api = api;

    public FakeApiServer Api { get; }

    /// <summary>Who does everything within fractions of a second.</summary>
    internal static LeaderTimes Impatient { get; } = new()
    {
        LeaseDuration = TimeSpan.FromSeconds(1),
        RenewEvery = TimeSpan.FromMilliseconds(100),
        StatusEvery = TimeSpan.FromMilliseconds(50),
        CountEvery = TimeSpan.FromMilliseconds(50),
    };

    public static async Task<PolicyCluster> StartAsync() => new(await FakeApiServer.StartAsync());

    public async Task<RunningServer> StartServerAsync()
    {
        var server = await RunningServer.WatchingAsync(Api.Address, policySource: "Cluster", leaderTimes: Impatient);
        _servers.Add(server);
        return server;
    }

    /// <summary>Stores the policy with these rules.</summary>
    public void PutPolicy(string rules) => Api.Put($"{{apiVersion: policy.admissionwebhook.dev/v1alpha1, kind: TrafficPolicy, metadata: {{name: web}}, spec: {{rules: {{{rules}}}}}}}");

    /// <summary>Stores the exemption of Ingress web from these rules.</summary>
    public void PutExemption(string rules, string expiresAt = "2999-01-31T18:00:00Z") => Api.Put(
        $"{{apiVersion: policy.admissionwebhook.dev/v1alpha1, kind: TrafficPolicyExemption, metadata: {{name: web, namespace: shop}}, spec: {{rules: [{rules}], names: [web], reason: moving, owner: team-shop, expiresAt: {expiresAt}}}}}");

    /// <summary>Stores the Ingress without TLS that reviews are about.</summary>
    public void PutIngress() => Api.Put(Reviews.BadIngress);

    /// <summary>Until an Ingress without TLS is denied by these rules and no others, or for ten seconds.</summary>
    public static async Task UntilDeniedByAsync(RunningServer server, string? rules) =>
        await UntilAsync(async () => (string?)(await server.ReviewAsync("/validate", Reviews.Of(Reviews.BadIngress)))["auditAnnotations"]?["denied-by"] == rules, $"the denial is by {rules}");

    /// <summary>Until the status of an object is as it should be, or for ten seconds.</summary>
    public async Task<JsonNode> UntilStatusAsync(string path, Func<JsonNode, bool> condition)
    {
        await UntilAsync(() => Task.FromResult(Api.Find(path)?["status"] is { } status && condition(status)), $"the status fits: {Api.Find(path)}");
        return Api.Find(path)!["status"]!;
    }

    /// <summary>Until the status says so.</summary>
    public Task<JsonNode> UntilAcceptedAsync(string path, string accepted) => UntilStatusAsync(path, status => (string?)status["conditions"]![0]!["status"] == accepted);

    public static async Task UntilAsync(Func<Task<bool>> condition, string what)
    {
        using var tick = new PeriodicTimer(TimeSpan.FromMilliseconds(10));
        for (var begin = TimeProvider.System.GetTimestamp(); !await condition(); await tick.WaitForNextTickAsync())
            Assert.True(TimeProvider.System.GetElapsedTime(begin) < TimeSpan.FromSeconds(10), $"Waited in vain until {what}.");
    }

    /// <summary>How often a status was written.</summary>
    public int CountWrites(string path) => Api.Requests.Count(request => request.StartsWith($"PATCH {path}/status", StringComparison.Ordinal));

    public async ValueTask DisposeAsync()
    {
        foreach (var server in _servers)
            await server.DisposeAsync();
        await Api.DisposeAsync();
    }
}
