using AdmissionWebhook.KubernetesApi;
using AdmissionWebhook.KubernetesApi.Configuration;
using AdmissionWebhook.Policy.Configuration;
using AdmissionWebhook.Policy.Kinds;
using AdmissionWebhook.Policy.State;
using AdmissionWebhook.Server.Cluster;
using AdmissionWebhook.TestSupport;
using Microsoft.Extensions.Logging.Abstractions;

namespace AdmissionWebhook.Server.Tests.Cluster;

/// <summary>A fake API server and the watch of one of its kinds.</summary>
public sealed class WatchedKind : IAsyncDisposable
{
    private readonly KubernetesApiClient _client;
    private readonly KindWatcher _watcher;

    private WatchedKind(FakeApiServer server, ResourceKind kind, WatchTimes times, Credentials credentials, TimeProvider time, long? memory)
    {
        Server = server;
        Status = new(kind.Name, () => Cluster.Value.CountOf(kind), time);
        _client = new(new() { Address = server.Address, IsInsecure = true, Credentials = credentials });
        _watcher = new(kind, _client, Cluster, Policies, new(time), Status, times, time, NullLogger<KindWatcher>.Instance, memory);
    }

    public FakeApiServer Server { get; }

    internal Current<ClusterState> Cluster { get; } = new(ClusterState.Unknown);

    internal Current<PolicySet> Policies { get; } = new(PolicySet.Default);

    internal WatchStatus Status { get; }

    /// <summary>Whose patience is measured in fractions of a second.</summary>
    internal static WatchTimes Impatient { get; } = new()
    {
        Duration = TimeSpan.FromMinutes(5),
        QuietLimit = TimeSpan.FromSeconds(60),
        StaleAfter = TimeSpan.FromSeconds(60),
        FirstDelay = TimeSpan.FromMilliseconds(5),
        LongestDelay = TimeSpan.FromMilliseconds(50),
        WantedEvery = TimeSpan.FromMilliseconds(10),
    };

    internal static async Task<WatchedKind> StartAsync(FakeApiServer server, ResourceKind? kind = null, WatchTimes? times = null, Credentials? credentials = null, TimeProvider? time = null, long? memory = null)
    {
        var watched = new WatchedKind(server, kind ?? ResourceKind.Service, times ?? Impatient, credentials ?? Credentials.None, time ?? TimeProvider.System, memory);
        await watched._watcher.StartAsync(default);
        return watched;
    }

    /// <summary>A Service in namespace default.</summary>
    public static string Service(string name) => $"{{apiVersion: v1, kind: Service, metadata: {{name: {name}}}}}";

    public static ObjectReference ServiceReference(string name) => new(ResourceKind.Service, "default", name);

    /// <summary>Until the state is as it should be, or for ten seconds.</summary>
    internal async Task UntilAsync(Func<ClusterState, bool> condition, string what)
    {
        using var tick = new PeriodicTimer(TimeSpan.FromMilliseconds(5));
        for (var begin = TimeProvider.System.GetTimestamp(); !condition(Cluster.Value); await tick.WaitForNextTickAsync())
            Assert.True(TimeProvider.System.GetElapsedTime(begin) < TimeSpan.FromSeconds(10), $"Waited in vain until {what}. {Status.Fault}");
    }

    /// <summary>Until these Services are known and no others.</summary>
    public Task UntilKnownAsync(params string[] names) =>
        UntilAsync(state => state.Knows(ResourceKind.Service) && state.Count == names.Length && names.All(name => state.Find<Service>("default", name).Found is not null), $"{string.Join(", ", names)} are known");

    public async ValueTask DisposeAsync()
    {
        await _watcher.StopAsync(default);
        _watcher.Dispose();
        _client.Dispose();
        await Server.DisposeAsync();
    }
}
