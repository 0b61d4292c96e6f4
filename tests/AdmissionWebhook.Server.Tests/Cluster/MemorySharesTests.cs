using AdmissionWebhook.Policy.Kinds;
using AdmissionWebhook.Policy.Reading;
using AdmissionWebhook.Server.Cluster;
using static AdmissionWebhook.TestSupport.Objects;

namespace AdmissionWebhook.Server.Tests.Cluster;

public sealed class MemorySharesTests
{
    [Fact]
    public void Keeps_whole_objects_while_memory_is_free()
    {
        var shares = SharesOf(10_000_000);

        Assert.All(Enumerable.Range(0, 50).Select(i => shares.Put(Long($"a{i}", "greedy"), null)), kept => Assert.Empty(kept.Excesses));
    }

    [Fact]
    public void Keeps_stubs_of_the_largest_namespace_and_whole_objects_of_the_others()
    {
        var shares = SharesOf(200_000);

        var greedy = Enumerable.Range(0, 100).Select(i => shares.Put(Long($"a{i}", "greedy"), null)).ToList();
        var modest = Enumerable.Range(0, 5).Select(i => shares.Put(Long($"b{i}", "modest"), null)).ToList();

        Assert.Contains(greedy, kept => kept.Excesses.IsEmpty);
        Assert.NotEmpty(greedy[^1].Excesses);
        Assert.All(modest, kept => Assert.Empty(kept.Excesses));
    }

    [Fact]
    public void A_stub_has_the_name_and_the_size_of_its_object()
    {
        var stub = (Ingress)SharesOf(0).Put(Long("web", "shop"), null);

        Assert.Equal(("web", "shop", 20), (stub.Metadata.Name, stub.Metadata.Namespace, stub.CountOf(Bound.Hosts)));
        Assert.Empty(stub.Rules);
    }

    [Fact]
    public void Frees_memory_when_objects_are_deleted_or_become_smaller()
    {
        var (first, second) = (Long("a", "shop"), Long("b", "shop"));
        var shares = SharesOf(first.Size + 500);
        shares.Put(first, null);
        Assert.NotEmpty(shares.Put(second, null).Excesses);

        shares.Put(first.ToStub(), first);
        var kept = shares.Put(second, second.ToStub());
        shares.Remove(kept);

        Assert.Empty(kept.Excesses);
        Assert.Empty(shares.Put(second, null).Excesses);
    }

    [Fact]
    public void A_list_starts_with_all_memory_even_after_an_aborted_list()
    {
        var shares = SharesOf(Long("a", "shop").Size + 500);
        for (var list = 0; list < 3; list++)
        {
            shares.BeginList();

            Assert.Empty(shares.See(Long("a", "shop")).Excesses);
            Assert.NotEmpty(shares.See(Long("b", "shop")).Excesses);
        }
    }

    [Fact]
    public void The_objects_of_a_finished_list_count_against_the_memory()
    {
        var listed = Long("a", "shop");
        var shares = SharesOf(listed.Size + 500);
        shares.BeginList();

        shares.EndList([listed]);

        Assert.Same(listed, shares.See(listed));
        Assert.NotEmpty(shares.Put(Long("b", "shop"), null).Excesses);
    }

    private static MemoryShares<KubernetesObject> SharesOf(long capacity) => new(capacity, known => known.Metadata.Namespace, known => known.Size, known => known.ToStub());

    private static KubernetesObject Long(string name, string @namespace)
    {
        var hosts = string.Join(',', Enumerable.Range(0, 20).Select(i => $"{{host: h{i}.example.com}}"));
        return Object($"{{apiVersion: networking.k8s.io/v1, kind: Ingress, metadata: {{name: {name}, namespace: {@namespace}}}, spec: {{rules: [{hosts}]}}}}");
    }
}
