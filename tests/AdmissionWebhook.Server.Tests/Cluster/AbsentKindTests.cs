using AdmissionWebhook.Policy.Kinds;
using AdmissionWebhook.TestSupport;
using static AdmissionWebhook.Server.Tests.Cluster.WatchedKind;
using static AdmissionWebhook.TestSupport.Objects;

namespace AdmissionWebhook.Server.Tests.Cluster;

/// <summary>What it means that the API server does not find a kind.</summary>
public sealed class AbsentKindTests
{
    private const string Services = "/api/v1/services";

    [Fact]
    public async Task A_kind_that_is_not_installed_has_no_objects_until_it_is()
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
    public async Task A_kind_that_nobody_finds_any_more_keeps_the_objects_that_nobody_deleted()
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
