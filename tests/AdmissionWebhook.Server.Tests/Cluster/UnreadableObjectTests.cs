using AdmissionWebhook.Policy.Kinds;
using AdmissionWebhook.TestSupport;
using static AdmissionWebhook.Server.Tests.Cluster.WatchedKind;

namespace AdmissionWebhook.Server.Tests.Cluster;

public sealed class UnreadableObjectTests
{
    private const string Collection = "/api/v1/namespaces/default/services";

    /// <summary>Deeper than any API server stores it.</summary>
    private const int TooDeep = 10_200;

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Reports_an_unreadable_Service_and_keeps_the_others(bool streamsLists)
    {
        var server = await FakeApiServer.StartAsync();
        server.Faults.StreamsLists = streamsLists;
        server.Put(Service("a"));
        server.PutText($"{Collection}/b", Deep("b"));
        await using var watched = await StartAsync(server);

        await watched.UntilKnownAsync("a");
        server.Put(Service("c"));
        await watched.UntilKnownAsync("a", "c");

        Assert.Equal(1, watched.Status.Unreadable);
        Assert.StartsWith("cannot be read: Service default/b (", watched.Status.Detail, StringComparison.Ordinal);
        Assert.Equal(1, watched.Status.Lists);
    }

    [Fact]
    public async Task Keeps_the_last_good_version_of_a_Service_while_it_is_unreadable()
    {
        var server = await FakeApiServer.StartAsync();
        server.Put(Typed("NodePort"));
        await using var watched = await StartAsync(server);
        await watched.UntilKnownAsync("a");

        server.PutText($"{Collection}/a", Deep("a"));
        await watched.UntilAsync(_ => watched.Status.Unreadable == 1, "it is unreadable");
        Assert.Equal("NodePort", watched.Cluster.Value.Find<Service>("default", "a").Found!.Type);
        server.Faults.WatchError = """{"kind":"Status","code":410,"reason":"Expired","message":"too old resource version"}""";
        server.Faults.CutWatches();
        await watched.UntilAsync(_ => watched.Status.Lists == 2, "all are listed anew");
        Assert.Equal("NodePort", watched.Cluster.Value.Find<Service>("default", "a").Found!.Type);
        server.PutText($"{Collection}/a", """{"metadata":{"name":"a","namespace":"default","resourceVersion":"VERSION"},"spec":{"type":"LoadBalancer"}}""");

        await watched.UntilAsync(state => state.Find<Service>("default", "a").Found!.Type == "LoadBalancer", "it is readable");
        Assert.Equal((0, null), (watched.Status.Unreadable, watched.Status.Detail));
    }

    [Theory]
    [InlineData("null")]
    [InlineData("[]")]
    [InlineData("{}")]
    [InlineData("""{"metadata":{"resourceVersion":"VERSION"}}""")]
    public async Task Ignores_an_object_without_a_name(string json)
    {
        var server = await FakeApiServer.StartAsync();
        server.Put(Service("a"));
        server.PutText($"{Collection}/b", json);
        await using var watched = await StartAsync(server);
        await watched.UntilKnownAsync("a");

        server.PutText($"{Collection}/c", json);
        server.Put(Service("d"));

        await watched.UntilKnownAsync("a", "d");
        Assert.Equal((1, 1), (watched.Status.Unreadable, watched.Status.Lists));
    }

    [Fact]
    public async Task Reads_a_Service_nested_as_deep_as_the_API_server_allows()
    {
        var server = await FakeApiServer.StartAsync();
        server.PutText($"{Collection}/b", Deep("b", 9_990));
        await using var watched = await StartAsync(server);

        await watched.UntilKnownAsync("b");
    }

    private static string Typed(string type) => $"{{apiVersion: v1, kind: Service, metadata: {{name: a}}, spec: {{type: {type}}}}}";

    private static string Deep(string name, int levels = TooDeep) =>
        $$"""{"metadata":{"name":"{{name}}","namespace":"default","resourceVersion":"VERSION"},"spec":{"a":{{new string('[', levels)}}{{new string(']', levels)}}} }""";
}
