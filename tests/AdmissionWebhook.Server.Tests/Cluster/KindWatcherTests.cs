using AdmissionWebhook.KubernetesApi.Configuration;
using AdmissionWebhook.Policy.Kinds;
using AdmissionWebhook.TestSupport;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using static AdmissionWebhook.Server.Tests.Cluster.WatchedKind;
using static AdmissionWebhook.TestSupport.Objects;

namespace AdmissionWebhook.Server.Tests.Cluster;

public abstract class KindWatcherTests(HttpProtocols protocol)
{
    private const string Services = "/api/v1/services";

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Knows_listed_objects_and_follows_their_changes(bool streamsLists)
    {
        var server = await FakeApiServer.StartAsync(encrypted: protocol);
        server.Faults.StreamsLists = streamsLists;
        server.Put(Service("a"));
        await using var watched = await StartAsync(server);

        await watched.UntilKnownAsync("a");
        server.Put(Service("b"));
        await watched.UntilKnownAsync("a", "b");
        server.Put("{apiVersion: v1, kind: Service, metadata: {name: b}, spec: {type: NodePort}}");
        await watched.UntilAsync(state => state.Find<Service>("default", "b").Found!.Type == "NodePort", "the change is known");
        server.Delete(ServiceReference("a"));
        await watched.UntilKnownAsync("b");

        Assert.Equal(!streamsLists, server.Requests.Any(request => request.StartsWith($"GET {Services}?limit", StringComparison.Ordinal)));
        Assert.Equal(1, watched.Status.Lists);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Keeps_stubs_only_of_the_namespace_that_exceeds_its_share_of_memory(bool isListed)
    {
        var server = await FakeApiServer.StartAsync(encrypted: protocol);
        for (var i = 0; i < 20 && isListed; i++)
            server.Put(LongService($"a{i:00}", "greedy"));
        await using var watched = await StartAsync(server, memory: 50_000);
        await watched.UntilAsync(state => state.Knows(ResourceKind.Service), "the list is known");
        for (var i = 0; i < 20 && !isListed; i++)
            server.Put(LongService($"a{i:00}", "greedy"));
        server.Put(LongService("b", "modest"));

        await watched.UntilAsync(state => state.Count == 21, "all are known");
        Assert.Empty(watched.Cluster.Value.Find<Service>("greedy", "a00").Found!.Excesses);
        Assert.NotEmpty(watched.Cluster.Value.Find<Service>("greedy", "a19").Found!.Excesses);
        Assert.Empty(watched.Cluster.Value.Find<Service>("modest", "b").Found!.Excesses);

        for (var i = 0; i < 20; i++)
            server.Delete(new(ResourceKind.Service, "greedy", $"a{i:00}"));
        server.Put(LongService("late", "greedy"));
        await watched.UntilAsync(state => state.Count == 2, "the old ones are gone");
        Assert.Empty(watched.Cluster.Value.Find<Service>("greedy", "late").Found!.Excesses);

        static string LongService(string name, string @namespace) =>
            $"{{apiVersion: v1, kind: Service, metadata: {{name: {name}, namespace: {@namespace}, labels: {{a: {new string('x', 63)}}}, annotations: {{a: {new string('y', 2000)}}}}}, spec: {{ports: [{{port: 80}}]}}}}";
    }

    [Fact]
    public async Task Changes_before_the_end_of_a_streamed_list_belong_to_the_list()
    {
        const string Balancer = "{apiVersion: v1, kind: Service, metadata: {name: b}, spec: {type: LoadBalancer}}";
        var server = await FakeApiServer.StartAsync(encrypted: protocol);
        (server.Faults.StreamsLists, server.Faults.ListsLag) = (true, true);
        server.Put(Service("a"));
        server.Put(Balancer);
        server.Delete(ServiceReference("a"));
        server.Put(Balancer.Replace("LoadBalancer", "ClusterIP", StringComparison.Ordinal));

        await using var watched = await StartAsync(server);
        await watched.UntilKnownAsync("b");

        Assert.Equal("ClusterIP", watched.Cluster.Value.Find<Service>("default", "b").Found!.Type);
        Assert.Empty(watched.Cluster.Value.LoadBalancersIn("default"));
    }

    [Fact]
    public async Task Watches_EndpointSlices_only_while_a_rule_needs_them()
    {
        var server = await FakeApiServer.StartAsync(encrypted: protocol);
        server.Put("{apiVersion: discovery.k8s.io/v1, kind: EndpointSlice, metadata: {name: web-a, labels: {kubernetes.io/service-name: web}}, endpoints: [{}]}");
        await using var watched = await StartAsync(server, ResourceKind.EndpointSlice);
        using (var tick = new PeriodicTimer(WatchedKind.Impatient.WantedEvery * 5))
            await tick.WaitForNextTickAsync();
        Assert.Empty(server.Requests);

        watched.Policies.Value = PolicyOf("service-selector-matches: {}");
        await watched.UntilAsync(state => state.HasEndpoints, "the endpoints are known");
        watched.Policies.Value = PolicyOf("service-selector-matches: {enforcement: 'Off'}");
        await watched.UntilAsync(state => (!state.HasEndpoints && !state.Knows(ResourceKind.EndpointSlice)) || Cut(), "the endpoints are forgotten");

        // Again and again: after a list the watch may begin only once it was cut.
        bool Cut()
        {
            server.Faults.CutWatches();
            return false;
        }
    }

    [Fact]
    public async Task Lists_a_kind_again_when_a_rule_needs_it_again()
    {
        const string Slice = "{apiVersion: discovery.k8s.io/v1, kind: EndpointSlice, metadata: {name: web-a, labels: {kubernetes.io/service-name: web}}, endpoints: [{}]}";
        var server = await FakeApiServer.StartAsync(encrypted: protocol);
        server.Put(Slice);
        await using var watched = await StartAsync(server, ResourceKind.EndpointSlice);
        watched.Policies.Value = PolicyOf("service-selector-matches: {}");
        await watched.UntilAsync(state => state.HasEndpoints, "the endpoints are known");
        watched.Policies.Value = PolicyOf("service-selector-matches: {enforcement: 'Off'}");
        await watched.UntilAsync(_ => watched.Status.IsResting || Cut(), "nobody asks");

        watched.Policies.Value = PolicyOf("service-selector-matches: {}");

        await watched.UntilAsync(state => state.HasEndpoints && state.Knows(ResourceKind.EndpointSlice), "the endpoints are known again");
        await watched.UntilAsync(_ => watched.Status.Lists == 2, "all were listed once more");

        bool Cut()
        {
            server.Faults.CutWatches();
            return false;
        }
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_watch_that_breaks_often_loses_no_event_and_does_not_list_again(bool aborts)
    {
        var server = await FakeApiServer.StartAsync(encrypted: protocol);
        server.Faults.AbortsConnections = aborts;
        await using var watched = await StartAsync(server);
        await watched.UntilKnownAsync();

        for (var i = 0; i < 30; i++)
        {
            server.Put(Service($"s{i}"));
            if (i % 3 == 0)
                server.Faults.CutWatches();
            if (i % 2 == 0)
                server.Delete(ServiceReference($"s{i}"));
        }

        await watched.UntilKnownAsync([.. Enumerable.Range(0, 15).Select(i => $"s{(2 * i) + 1}")]);
        Assert.Equal(1, watched.Status.Lists);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Lists_again_and_notices_deletions_after_a_version_expired(bool streamsLists)
    {
        var server = await FakeApiServer.StartAsync(encrypted: protocol);
        server.Faults.StreamsLists = streamsLists;
        server.Put(Service("a") + "\n---\n" + Service("b"));
        await using var watched = await StartAsync(server);
        await watched.UntilKnownAsync("a", "b");

        server.Faults.DropsEvents = true;
        server.Delete(ServiceReference("a"));
        server.Put(Service("c"));
        server.Put("{apiVersion: v1, kind: Namespace, metadata: {name: newer}}");
        server.Faults.DropsEvents = false;
        server.Faults.AnswerOnce(Services, 410, "Expired", watch: true);
        server.Faults.CutWatches();

        await watched.UntilKnownAsync("b", "c");
        await watched.UntilAsync(_ => watched.Status.Lists == 2, "all were listed once more");
    }

    [Fact]
    public async Task Keeps_the_old_objects_while_a_new_list_fails()
    {
        var server = await FakeApiServer.StartAsync(encrypted: protocol);
        server.Put(Service("a"));
        await using var watched = await StartAsync(server);
        await watched.UntilKnownAsync("a");

        server.Faults.AnswerAlways(Services, 500, "InternalError");
        server.Compact();
        server.Faults.CutWatches();
        await watched.UntilAsync(_ => watched.Status.Fault is not null, "the fault is noticed");

        Assert.NotNull(watched.Cluster.Value.Find<Service>("default", "a").Found);
        Assert.True(watched.Cluster.Value.Find<Service>("default", "b").IsMissing);
        server.Faults.AnswerAlways(Services, 0, "");
        server.Put(Service("b"));
        await watched.UntilKnownAsync("a", "b");
        Assert.Null(watched.Status.Fault);
    }

    [Theory]
    [InlineData(429, "TooManyRequests")]
    [InlineData(500, "InternalError")]
    [InlineData(503, "ServiceUnavailable")]
    [InlineData(401, "Unauthorized")]
    public async Task Retries_after_an_error(int code, string reason)
    {
        var server = await FakeApiServer.StartAsync(encrypted: protocol);
        server.Put(Service("a"));
        for (var i = 0; i < 3; i++)
            server.Faults.AnswerOnce(Services, code, reason);

        await using var watched = await StartAsync(server);

        await watched.UntilKnownAsync("a");
        Assert.Null(watched.Status.Fault);
    }

    [Fact]
    public async Task A_forbidden_kind_is_unknown_until_it_is_allowed()
    {
        var server = await FakeApiServer.StartAsync(encrypted: protocol);
        server.Faults.AnswerAlways(Services, 403, "Forbidden");
        await using var watched = await StartAsync(server);

        await watched.UntilAsync(_ => watched.Status.IsSettled, "the refusal is taken for final");
        Assert.True(watched.Cluster.Value.Find<Service>("default", "a").IsUnknown);
        Assert.Equal("Forbidden on purpose", watched.Status.Fault);

        server.Put(Service("a"));
        server.Faults.AnswerAlways(Services, 0, "");
        await watched.UntilKnownAsync("a");
    }

    [Fact]
    public async Task Replaces_an_expired_token()
    {
        var file = Path.GetTempFileName();
        await File.WriteAllTextAsync(file, "first");
        var server = await FakeApiServer.StartAsync(encrypted: protocol);
        server.Faults.Token = "first";
        await using var watched = await StartAsync(server, credentials: new TokenFile(file));
        await watched.UntilKnownAsync();

        server.Faults.Token = "second";
        await File.WriteAllTextAsync(file, "second");
        server.Faults.CutWatches();
        server.Put(Service("a"));

        await watched.UntilKnownAsync("a");
        File.Delete(file);
    }

    [Fact]
    public async Task A_duplicate_event_changes_nothing()
    {
        var server = await FakeApiServer.StartAsync(encrypted: protocol);
        server.Faults.RepeatsEvents = true;
        await using var watched = await StartAsync(server);
        await watched.UntilKnownAsync();

        server.Put(Service("a"));
        server.Put(Service("b"));
        server.Delete(ServiceReference("a"));

        await watched.UntilKnownAsync("b");
    }

    [Fact]
    public async Task A_periodic_list_repairs_lost_events()
    {
        var server = await FakeApiServer.StartAsync(encrypted: protocol);
        server.Faults.DropsEvents = true;
        await using var watched = await StartAsync(server, times: Impatient with { RelistAfter = TimeSpan.Zero });
        await watched.UntilKnownAsync();

        server.Put(Service("a"));
        server.Faults.CutWatches();

        await watched.UntilKnownAsync("a");
    }

    [Fact]
    public async Task A_failure_of_one_kind_does_not_affect_another()
    {
        var server = await FakeApiServer.StartAsync(encrypted: protocol);
        server.Faults.AnswerAlways("/apis/networking.k8s.io/v1/ingresses", 500, "InternalError");
        await using var ingresses = await StartAsync(server, ResourceKind.Ingress);
        await ingresses.UntilAsync(_ => ingresses.Status.Fault is not null, "Ingresses fail");

        await using var services = await StartAsync(server);
        server.Put(Service("a"));

        await services.UntilKnownAsync("a");
        Assert.Null(services.Status.Fault);
        Assert.False(ingresses.Status.IsSettled);
    }

    [Fact]
    public async Task A_forbidden_kind_keeps_the_webhook_ready_through_other_failures()
    {
        var server = await FakeApiServer.StartAsync(encrypted: protocol);
        server.Faults.AnswerAlways("/api/v1/services", 403, "Forbidden");
        await using var services = await StartAsync(server);
        await services.UntilAsync(_ => services.Status.IsSettled, "it is known that they may not be read");

        server.Faults.AnswerAlways("/api/v1/services", 500, "InternalError");
        await services.UntilAsync(_ => services.Status.Fault == "InternalError on purpose", "something else goes wrong");

        Assert.True(services.Status.IsSettled);
    }
}

public sealed class KindWatcherOverHttp1Tests() : KindWatcherTests(HttpProtocols.Http1);

public sealed class KindWatcherOverHttp2Tests() : KindWatcherTests(HttpProtocols.Http2);
