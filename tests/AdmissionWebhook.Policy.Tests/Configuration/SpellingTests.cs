using AdmissionWebhook.Policy.Configuration;

namespace AdmissionWebhook.Policy.Tests.Configuration;

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
    public void The_nearest_name_is_found_and_a_far_one_is_not(string written, string? expected) => Assert.Equal(expected, Spelling.Nearest(written, Known));
}
