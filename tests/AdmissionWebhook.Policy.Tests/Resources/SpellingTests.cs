using AdmissionWebhook.Policy.Values;

namespace AdmissionWebhook.Policy.Tests.Resources;

public sealed class SpellingTests
{
    private static readonly string[] Known = ["enforcement", "parameters", "x"];

    [Theory]
    [InlineData("enforcment", "enforcement")]
    [InlineData("Enforcement", "enforcement")]
    [InlineData("paramters", "parameters")]
    [InlineData("parmaeters", "parameters")]
    [InlineData("something", null)]
    [InlineData("", null)]
    public void Finds_the_nearest_name_and_no_distant_one(string written, string? expected) => Assert.Equal(expected, Spelling.Nearest(written, Known));
}
