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

    [Theory]
    [InlineData("clusterissuer", "cluster-issuer", true)]
    [InlineData("LoadBalancerIPs", "loadBalancerIPs", true)]
    [InlineData("hostnames", "hostname", true)]
    [InlineData("kubernets", "kubernetes", true)]
    [InlineData("adress-pol", "address-pool", true)]
    [InlineData("isuer", "issuer", true)]
    [InlineData("http-ports", "http2-ports", false)]
    [InlineData("nginx2", "nginx", false)]
    [InlineData("alb", "slb", false)]
    [InlineData("name", "names", true)]
    [InlineData("type", "name", false)]
    [InlineData("internal-hostname", "hostname", false)]
    [InlineData("", "name", false)]
    public void A_typing_error_changes_few_letters_and_no_number(string written, string known, bool expected) => Assert.Equal(expected, Spelling.IsTypo(written, known));
}
