using AdmissionWebhook.Policy.Values;

namespace AdmissionWebhook.Policy.Tests.Resources;

public sealed class IpAddressesTests
{
    [Theory]
    [InlineData("10.0.0.1", "10.0.0.1")]
    [InlineData("::ffff:10.0.0.1", "10.0.0.1")]
    [InlineData("2001:0DB8::1", "2001:db8::1")]
    [InlineData("010.0.0.1", null)]
    [InlineData("10.1", null)]
    [InlineData("0x0a000001", null)]
    [InlineData("167772161", null)]
    [InlineData("fe80::1%eth0", null)]
    [InlineData("[::1]", null)]
    [InlineData(" 10.0.0.1", null)]
    [InlineData("", null)]
    public void Reads_an_address_as_Kubernetes_does(string text, string? expected) => Assert.Equal(expected, IpAddresses.Read(text)?.ToString());

    [Theory]
    [InlineData("10.0.0.0/8", true)]
    [InlineData("10.0.0.1", true)]
    [InlineData("10.0.0.1/8", false)]
    [InlineData("10.0.0.0/33", false)]
    [InlineData("010.0.0.0/8", false)]
    [InlineData("/8", false)]
    public void A_CIDR_must_have_all_host_bits_zero(string text, bool expected) => Assert.Equal(expected, IpAddresses.ReadNetwork(text) is not null);
}
