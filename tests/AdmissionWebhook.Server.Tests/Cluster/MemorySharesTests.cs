using AdmissionWebhook.Policy.Resources;
using AdmissionWebhook.Server.Cluster;
using static AdmissionWebhook.TestSupport.Objects;

namespace AdmissionWebhook.Server.Tests.Cluster;

public sealed class MemorySharesTests
{
    [Fact]
    public void Keeps_everything_while_there_is_room() =>
        Assert.All(Enumerable.Range(0, 50).Select(i => Kept(new(10_000_000), $"a{i}", "greedy")), kept => Assert.Empty(kept.Excesses));

    [Fact]
    public void Keeps_stubs_of_the_namespace_that_has_most_and_whole_objects_of_the_others()
    {
        var shares = new MemoryShares(200_000);

        var greedy = Enumerable.Range(0, 100).Select(i => Kept(shares, $"a{i}", "greedy")).ToList();
        var modest = Enumerable.Range(0, 5).Select(i => Kept(shares, $"b{i}", "modest")).ToList();

        Assert.Contains(greedy, kept => kept.Excesses.IsEmpty);
        Assert.NotEmpty(greedy[^1].Excesses);
        Assert.All(modest, kept => Assert.Empty(kept.Excesses));
    }

    [Fact]
    public void Knows_a_stub_by_its_name_and_by_how_much_there_was()
    {
        var stub = (Ingress)Kept(new(0), "web", "shop");

        Assert.Equal(("web", "shop", 20), (stub.Metadata.Name, stub.Metadata.Namespace, stub.CountOf(Bound.Hosts)));
        Assert.Empty(stub.Rules);
    }

    [Fact]
    public void Has_room_again_once_objects_are_gone()
    {
        var shares = new MemoryShares(30_000);
        Assert.True(shares.HasRoomFor("shop", 20_000));
        shares.Count("shop", 20_000);

        Assert.False(shares.HasRoomFor("shop", 20_000));
        shares.Count("shop", -20_000);
        Assert.True(shares.HasRoomFor("shop", 20_000));
    }

    private static KubernetesObject Kept(MemoryShares shares, string name, string space)
    {
        var hosts = string.Join(',', Enumerable.Range(0, 20).Select(i => $"{{host: h{i}.example.com}}"));
        var read = Object($"{{apiVersion: networking.k8s.io/v1, kind: Ingress, metadata: {{name: {name}, namespace: {space}}}, spec: {{rules: [{hosts}]}}}}");
        var kept = shares.HasRoomFor(space, read.Size) ? read : read.ToStub();
        shares.Count(space, kept.Size);
        return kept;
    }
}
