using AdmissionWebhook.Policy.Values;

namespace AdmissionWebhook.Policy.Tests.Resources;

public sealed class PortReferenceTests
{
    [Theory]
    [InlineData(80, null, true)]
    [InlineData(81, null, false)]
    [InlineData(null, "http", false)]
    [InlineData(null, "", false)]
    [InlineData(null, null, false)]
    public void A_port_without_a_name_is_referenced_only_by_number(int? number, string? name, bool expected) =>
        Assert.Equal(expected, new PortReference(number, name).Matches(80, ""));
}
