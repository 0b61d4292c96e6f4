using System.Net;
using AdmissionWebhook.Server.Callers;

namespace AdmissionWebhook.Server.Tests.Callers;

public sealed class SourceAddressTests
{
    [Theory]
    [InlineData("10.0.0.1", "10.0.0.1", true)]
    [InlineData("10.0.0.1", "10.0.0.2", false)]
    [InlineData("10.0.0.1", "::ffff:10.0.0.1", true)]
    [InlineData("2001:db8:0:1::1", "2001:db8:0:1:ffff::2", true)]
    [InlineData("2001:db8:0:1::1", "2001:db8:0:2::1", false)]
    [InlineData("0.0.0.0", "::", false)]
    public void A_source_address_is_an_IPv4_address_or_an_IPv6_network(string one, string other, bool same) =>
        Assert.Equal(same, Of(one) == Of(other));

    private static SourceAddress Of(string address) => SourceAddress.Of(new IPEndPoint(IPAddress.Parse(address), 443));
}
