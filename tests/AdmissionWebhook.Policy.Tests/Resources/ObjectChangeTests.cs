using System.Text;
using AdmissionWebhook.Policy.Reading;

namespace AdmissionWebhook.Policy.Tests.Resources;

public sealed class ObjectChangeTests
{
    [Theory]
    [InlineData("""{"spec":{"a":1,"b":[1,2]}}""", """{ "status": {}, "spec": { "b": [1, 2], "a": 1 }, "metadata": {"labels": {"x": "y"}} }""")]
    [InlineData("""{"spec":{"a":"A"}}""", """{"spec":{"\u0061":"\u0041"}}""")]
    [InlineData("""{"spec":null}""", """{}""")]
    [InlineData("""{"metadata":{"spec":{"a":1}}}""", """{"metadata":{"spec":{"a":2}}}""")]
    [InlineData("[]", "17")]
    public void The_same_spec_written_differently_is_the_same(string before, string after) => Assert.False(IsInSpec(before, after));

    [Theory]
    [InlineData("""{"spec":{"a":1}}""", """{"spec":{"a":2}}""")]
    [InlineData("""{"spec":{"a":[1,2]}}""", """{"spec":{"a":[2,1]}}""")]
    [InlineData("""{"spec":{"a":1}}""", """{"spec":{"a":"1"}}""")]
    [InlineData("""{"spec":{"a":null}}""", """{"spec":{}}""")]
    [InlineData("""{"spec":{}}""", "{}")]
    [InlineData("""{"spec":{"a":1}}""", """{"\u0073pec":{"a":2}}""")]
    [InlineData("""{"spec":{"a":1}}""", """{"spec":{"a":1},"spec":{"a":2}}""")]
    [InlineData("""{"spec":{"a":"\ud800"}}""", """{"spec":{"a":"\udc00"}}""")]
    [InlineData("""{"spec":{"\ud800":1}}""", """{"spec":{ "\ud800":1}}""")]
    [InlineData("""{"spec":{"a":1e999}}""", """{"spec":{"a":1e998}}""")]
    public void A_different_or_incomparable_spec_is_a_change(string before, string after)
    {
        Assert.True(IsInSpec(before, after));
        Assert.True(IsInSpec(after, before));
    }

    [Fact]
    public void Compares_specs_nested_as_deep_as_an_API_server_accepts()
    {
        var (before, after) = (Nested("1"), Nested("2"));

        Assert.True(IsInSpec(before, after));
    }

    private static string Nested(string inner) => $"{{\"spec\":{string.Concat(Enumerable.Repeat("[", 10_000))}{inner}{new string(']', 10_000)}}}";

    private static bool IsInSpec(string before, string after) => ObjectChange.IsInSpec(Encoding.UTF8.GetBytes(before), Encoding.UTF8.GetBytes(after));
}
