using AdmissionWebhook.Policy.State;

namespace AdmissionWebhook.Policy.Tests.Evaluation;

public sealed class HashTrieTests
{
    [Fact]
    public void Every_version_equals_a_dictionary_with_the_same_changes()
    {
        var (random, trie, expected) = (new Random(1), new HashTrie<Key, int>(), ImmutableDictionary<Key, int>.Empty);
        var maps = new List<(HashTrie<Key, int> Trie, ImmutableDictionary<Key, int> Expected)>();

        for (var i = 0; i < 400; i++)
        {
            var builder = trie.ToBuilder();
            for (var changes = random.Next(100); changes > 0; changes--)
            {
                var key = new Key(random.Next(3_000));
                if (random.Next(3) == 0)
                {
                    builder.Remove(key);
                    expected = expected.Remove(key);
                }
                else
                {
                    builder[key] = i;
                    expected = expected.SetItem(key, i);
                }
            }

            trie = builder.ToImmutable();
            maps.Add((trie, expected));
        }

        Assert.All(maps, map =>
        {
            Assert.Equal(map.Expected.Count, map.Trie.Count);
            Assert.Equal(map.Expected.Keys.Order(), map.Trie.Keys.Order());
            Assert.Equal(map.Expected.Values.Order(), map.Trie.Values.Order());
            Assert.All(map.Expected, entry => Assert.Equal(entry.Value, map.Trie[entry.Key]));
        });
    }

    [Fact]
    public void A_builder_does_not_change_the_map_that_it_came_from()
    {
        var before = Of(("a", 1), ("b", 2));

        var builder = before.ToBuilder();
        builder["a"] = 3;
        builder.Remove("b");
        builder.Remove("nothing");
        builder["c"] = builder["a"] + 1;
        var after = builder.ToImmutable();

        Assert.Equal((1, 2, 2), (before["a"], before["b"], before.Count));
        Assert.Equal((3, 4, 2), (after["a"], after["c"], after.Count));
        Assert.False(before.TryGetValue("c", out _));
        Assert.Equal(0, after.GetValueOrDefault("b", 0));
        Assert.Throws<KeyNotFoundException>(() => after["b"]);
    }

    [Fact]
    public void A_built_map_does_not_change_with_its_builder()
    {
        var builder = Of(("a", 1)).ToBuilder();
        builder["a"] = 2;

        var taken = builder.ToImmutable();
        builder["a"] = 3;
        builder["b"] = 4;

        Assert.Equal((2, 1), (taken["a"], taken.Count));
        Assert.Equal((3, 4), (builder["a"], builder["b"]));
    }

    [Fact]
    public void Without_a_change_the_map_is_the_same_instance()
    {
        var map = Of(("a", 1));

        var builder = map.ToBuilder();
        builder.Remove("b");

        Assert.Same(map, builder.ToImmutable());
    }

    private static HashTrie<string, int> Of(params (string Key, int Value)[] entries)
    {
        var builder = new HashTrie<string, int>().ToBuilder();
        foreach (var (key, value) in entries)
            builder[key] = value;
        return builder.ToImmutable();
    }

    /// <summary>Many of one hash.</summary>
    private sealed record Key(int Number) : IComparable<Key>
    {
        public int CompareTo(Key? other) => Number.CompareTo(other?.Number);

        public override int GetHashCode() => Number / 4;
    }
}
