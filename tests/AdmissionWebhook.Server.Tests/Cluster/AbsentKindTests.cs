using AdmissionWebhook.Policy.Kinds;
using AdmissionWebhook.TestSupport;
using static AdmissionWebhook.Server.Tests.Cluster.WatchedKind;

namespace AdmissionWebhook.Server.Tests.Cluster;

/// <summary>What it means that the API server does not find a kind.</summary>
public sealed class AbsentKindTests
{
    private const string Services = "/api/v1/services";

    [Fact]
    public async Task A_kind_without_a_CustomResourceDefinition_has_no_objects()
    {
        var server = await FakeApiServer.StartAsync();
        server.Faults.AnswerAlways(Services, 404, "NotFound");
        await using var watched = await StartAsync(server);
        await watched.UntilKnownAsync();

        server.Faults.AnswerAlways(Services, 0, "");
        server.Put(Service("a"));

        await watched.UntilKnownAsync("a");
    }

    [Fact]
    public async Task Keeps_the_objects_of_a_kind_that_disappears_without_deletions()
    {
        var server = await FakeApiServer.StartAsync();
        server.Put(Service("a"));
        await using var watched = await StartAsync(server);
        await watched.UntilKnownAsync("a");

        server.Faults.AnswerAlways(Services, 404, "");
        server.Faults.CutWatches();
        await watched.UntilAsync(_ => watched.Status.Failures > 1, "it has been looked for twice");
        Assert.NotNull(watched.Cluster.Value.Find<Service>("default", "a").Found);

        server.Faults.AnswerAlways(Services, 0, "");
        server.Put(Service("b"));
        await watched.UntilKnownAsync("a", "b");
    }
}
