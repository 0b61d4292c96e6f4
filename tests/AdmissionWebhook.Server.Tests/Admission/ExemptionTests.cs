using System.Globalization;

namespace AdmissionWebhook.Server.Tests.Admission;

public sealed class ExemptionTests : IDisposable
{
    private const string Policy = """
        apiVersion: policy.admissionwebhook.dev/v1alpha1
        kind: TrafficPolicy
        metadata: {name: test}
        spec:
          exempt: {serviceAccounts: [ops/*]}
          rules: {ingress-tls-required: {ratchet: {until: 2027-03-01T00:00:00Z}}}
        ---
        apiVersion: policy.admissionwebhook.dev/v1alpha1
        kind: TrafficPolicyExemption
        metadata: {name: legacy, namespace: shop}
        spec:
          rules: [ingress-tls-required]
          names: [web]
          reason: Moved in spring
          owner: team-shop
          expiresAt: 2027-01-31T18:00:00Z
        """;

    private readonly TemporaryFolder _folder = new();
    private readonly FakeTimeProvider _clock = new(At("2027-01-31T17:59:59.9999999Z"));

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task An_exemption_ends_at_its_instant()
    {
        await using var server = await StartAsync();

        var before = await server.ReviewAsync("/validate", Reviews.Of(Reviews.BadIngress));
        _clock.SetUtcNow(At("2027-01-31T18:00:00Z"));
        var after = await server.ReviewAsync("/validate", Reviews.Of(Reviews.BadIngress));

        Assert.True((bool)before["allowed"]!);
        Assert.False((bool)after["allowed"]!);
    }

    [Fact]
    public async Task The_ratchet_ends_at_its_instant_but_still_allows_label_changes()
    {
        await using var server = await StartAsync();
        _clock.SetUtcNow(At("2027-02-28T23:59:59.9999999Z"));
        var changed = Reviews.BadIngress.Replace("\"path\": \"/\"", "\"path\": \"/shop\"", StringComparison.Ordinal);
        var labelled = Reviews.BadIngress.Replace("\"name\": \"web\", \"namespace\"", "\"name\": \"web\", \"labels\": {\"team\": \"shop\"}, \"namespace\"", StringComparison.Ordinal);

        var before = await server.ReviewAsync("/validate", Reviews.Of(changed, Reviews.BadIngress, "UPDATE"));
        _clock.SetUtcNow(At("2027-03-01T00:00:00Z"));
        var after = await server.ReviewAsync("/validate", Reviews.Of(changed, Reviews.BadIngress, "UPDATE"));
        var labels = await server.ReviewAsync("/validate", Reviews.Of(labelled, Reviews.BadIngress, "UPDATE"));

        Assert.Equal((true, false, true), ((bool)before["allowed"]!, (bool)after["allowed"]!, (bool)labels["allowed"]!));
        Assert.Contains("existing violation", (string)Assert.Single(before["warnings"]!.AsArray())!, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("system:serviceaccount:ops:deployer", true)]
    [InlineData("system:serviceaccount:ops-x:deployer", false)]
    [InlineData("", false)]
    public async Task Exempts_a_user_only_by_the_whole_name(string user, bool isAllowed)
    {
        await using var server = await StartAsync();
        _clock.SetUtcNow(At("2027-02-01T00:00:00Z"));

        var response = await server.ReviewAsync("/validate", Reviews.Of(Reviews.BadIngress).Replace("\"jane\"", $"\"{user}\"", StringComparison.Ordinal));

        Assert.Equal(isAllowed, (bool)response["allowed"]!);
    }

    private Task<RunningServer> StartAsync() => RunningServer.StartAsync(_clock, ("Policy:Files", _folder.Write("policy.yaml", Policy)));

    private static DateTimeOffset At(string instant) => DateTimeOffset.Parse(instant, CultureInfo.InvariantCulture);
}
