using AdmissionWebhook.Policy.Values;

namespace AdmissionWebhook.Policy.Tests.Resources;

public sealed class HostTests
{
    [Theory]
    [InlineData("Shop.Example.COM.", "shop.example.com")]
    [InlineData("shop.example.com", "shop.example.com")]
    [InlineData("ÄPFEL.example", "äpfel.example")]
    [InlineData("*", "")]
    [InlineData(".", "")]
    [InlineData(null, "")]
    public void Reads_a_host_in_lower_case_without_the_trailing_dot(string? written, string name) => Assert.Equal(name, Host.Parse(written).Name);

    [Theory]
    [InlineData("*.example.com", "a.example.com", true)]
    [InlineData("*.example.com", "*.example.com", true)]
    [InlineData("*.example.com", "a.b.example.com", false)]
    [InlineData("*.example.com", "example.com", false)]
    [InlineData("*.example.com", "aexample.com", false)]
    [InlineData("a.example.com", "*.example.com", false)]
    [InlineData("", "a.example.com", true)]
    [InlineData("a.example.com", "", false)]
    public void A_wildcard_covers_exactly_one_label(string covering, string covered, bool expected) =>
        Assert.Equal(expected, Host.Parse(covering).Covers(Host.Parse(covered)));

    [Theory]
    [InlineData("example.com", "example.com", true)]
    [InlineData("a.b.example.com", "example.com", true)]
    [InlineData("*.example.com", "example.com", true)]
    [InlineData("badexample.com", "example.com", false)]
    [InlineData("com", "example.com", false)]
    [InlineData("", "example.com", false)]
    public void A_suffix_matches_only_whole_labels(string host, string suffix, bool expected) => Assert.Equal(expected, Host.Parse(host).IsWithin(suffix));

    [Fact]
    public void An_absent_host_means_every_host_in_each_form() => Assert.Equal(Host.Any, default);
}
