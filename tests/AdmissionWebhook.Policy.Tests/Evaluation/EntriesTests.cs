using AdmissionWebhook.Policy.State;

namespace AdmissionWebhook.Policy.Tests.Evaluation;

public sealed class EntriesTests
{
    private static readonly ImmutableArray<string> Names = [.. Enumerable.Range(0, 40).Select(i => $"{i}")];

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(16)]
    [InlineData(17)]
    [InlineData(40)]
    public void An_index_holds_as_many_entries_as_were_added_and_none_after_removal(int count)
    {
        var held = Names.Take(count).Aggregate(default(Entries<string>), (entries, name) => entries.Add(name));

        Assert.Equal(count, held.Count);
        Assert.Equal(Names.Take(count).Order(StringComparer.Ordinal), held.Order(StringComparer.Ordinal));
        Assert.Equal(count == 0, held.IsEmpty);
        for (var i = 0; i < count; i++)
        {
            held = held.Remove(Names[i]);
            Assert.Equal(Names.Skip(i + 1).Take(count - i - 1).Order(StringComparer.Ordinal), held.Order(StringComparer.Ordinal));
        }

        Assert.True(held.IsEmpty);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(5)]
    [InlineData(30)]
    public void Holds_an_object_with_a_repeated_key_once(int others)
    {
        var held = Names.Take(others).Aggregate(default(Entries<string>), (entries, name) => entries.Add(name)).Add("twice").Add("twice");

        Assert.Equal(others + 1, held.Count);
        Assert.Equal(others, held.Remove("twice").Count);
    }

    [Fact]
    public void A_change_does_not_alter_the_previous_index()
    {
        var before = default(Entries<string>).Add("a").Add("b");

        _ = before.Remove("a").Add("c");

        Assert.Equal(["a", "b"], before.Order(StringComparer.Ordinal));
    }
}
