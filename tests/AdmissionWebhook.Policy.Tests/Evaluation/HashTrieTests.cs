using System.Collections.Immutable;
using AdmissionWebhook.Policy.Evaluation;

namespace AdmissionWebhook.Policy.Tests.Evaluation;

public sealed class HashTrieTests
{
    [Fact]
    public void It_holds_what_a_dictionary_holds_after_any_changes()
    {
        var (random, trie, expected) = (new Random(1), new HashTrie<Key, int>(), ImmutableDictionary<Key, int>.Empty);

        for (var i = 0; i < 20_000; i++)
        {
            var key = new Key(random.Next(3_000));
            (trie, expected) = random.Next(3) == 0 ? (trie.Remove(key), expected.Remove(key)) : (trie.SetItem(key, i), expected.SetItem(key, i));
        }

        Assert.Equal(expected.Count, trie.Count);
        Assert.Equal(expected.Keys.Order(), trie.Keys.Order());
        Assert.Equal(expected.Values.Order(), trie.Values.Order());
        Assert.All(Enumerable.Range(0, 3_000).Select(number => new Key(number)), key => Assert.Equal(expected.GetValueOrDefault(key, -1), trie.GetValueOrDefault(key, -1)));
    }

    [Fact]
    public void A_change_leaves_the_map_it_came_from_as_it_was()
    {
        var before = new HashTrie<string, int>().SetItem("a", 1).SetItem("b", 2);

        var after = before.SetItem("a", 3).Remove("b").SetItem("c", 4);

        Assert.Equal((1, 2, 2), (before["a"], before["b"], before.Count));
        Assert.Equal((3, 4, 2), (after["a"], after["c"], after.Count));
        Assert.False(before.TryGetValue("c", out _));
        Assert.Throws<KeyNotFoundException>(() => after["b"]);
    }

    [Fact]
    public void A_builder_changes_only_what_comes_of_it()
    {
        var before = new HashTrie<string, int>().SetItem("a", 1);

        var builder = before.ToBuilder();
        builder["a"] = 2;
        builder.Remove("b");
        builder["c"] = builder["a"] + 1;

        Assert.Equal((2, 3), (builder.ToImmutable()["a"], builder.ToImmutable().GetValueOrDefault("c", 0)));
        Assert.Equal((1, 1), (before["a"], before.Count));
    }

    /// <summary>Many of one hash.</summary>
    private sealed record Key(int Number) : IComparable<Key>
    {
        public int CompareTo(Key? other) => Number.CompareTo(other?.Number);

        public override int GetHashCode() => Number / 4;
    }
}
