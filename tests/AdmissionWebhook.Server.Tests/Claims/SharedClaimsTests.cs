using AdmissionWebhook.KubernetesApi;
using AdmissionWebhook.KubernetesApi.Configuration;
using AdmissionWebhook.Policy.Kinds;
using AdmissionWebhook.Policy.Rules.Ingresses;
using AdmissionWebhook.Policy.Values;
using AdmissionWebhook.Server.Claims;
using AdmissionWebhook.TestSupport;
using Host = AdmissionWebhook.Policy.Values.Host;

namespace AdmissionWebhook.Server.Tests.Claims;

public sealed class SharedClaimsTests : IAsyncLifetime
{
    private static readonly HashSet<ClaimEntry> NoneEnded = [];

    private readonly FakeTimeProvider _clock = new(DateTimeOffset.UnixEpoch.AddYears(56));
    private FakeApiServer _api = null!;
    private KubernetesApiClient _client = null!;

    public async ValueTask InitializeAsync()
    {
        _api = await FakeApiServer.StartAsync();
        _client = new(new ApiServer { Address = _api.Address, Credentials = Credentials.None });
    }

    public async ValueTask DisposeAsync()
    {
        _client.Dispose();
        await _api.DisposeAsync();
    }

    [Fact]
    public async Task A_claim_ends_after_some_seconds()
    {
        var claims = new SharedClaims("hooks", _client, _clock);
        await claims.TakeAsync(Shop(), [Claim("a.example.com")], NoneEnded, default);

        var within = await claims.TakeAsync(Blog(), [Claim("a.example.com")], NoneEnded, default);
        _clock.Advance(ClaimEntry.Lifetime);
        var after = await claims.TakeAsync(Blog(), [Claim("a.example.com")], NoneEnded, default);

        Assert.Equal(("shop", "web"), (within!.Rival.Namespace, within.Rival.Name));
        Assert.Null(after);
    }

    [Theory]
    [InlineData(30)]
    [InlineData(-30)]
    public async Task Honours_a_claim_in_a_replica_with_a_wrong_clock(int seconds)
    {
        using var theirClient = new KubernetesApiClient(new ApiServer { Address = _api.Address, Credentials = Credentials.None });
        var ours = new SharedClaims("hooks", _client, new SharedTime(TimeProvider.System, _client));
        var theirs = new SharedClaims("hooks", theirClient, new SharedTime(new FakeTimeProvider(TimeProvider.System.GetUtcNow().AddSeconds(seconds)), theirClient));
        await theirClient.GetAsync(PathOf("a.example.com"), ClaimLease.Read, default);

        Assert.Null(await ours.TakeAsync(new(new(ResourceKind.Ingress, "shop", "web"), ours.Time.GetUtcNow(), IsCreation: true), [Claim("a.example.com")], NoneEnded, default));

        Assert.NotNull(await theirs.TakeAsync(new(new(ResourceKind.Ingress, "blog", "web"), theirs.Time.GetUtcNow(), IsCreation: true), [Claim("a.example.com")], NoneEnded, default));
        await theirs.CleanAsync(default);
        Assert.NotNull(_api.Find(PathOf("a.example.com")));
    }

    [Fact]
    public async Task A_released_claim_is_free_at_once()
    {
        var claims = new SharedClaims("hooks", _client, _clock);
        var shop = Shop();
        await claims.TakeAsync(shop, [Claim("a.example.com"), Claim("b.example.com")], NoneEnded, default);

        await claims.ReleaseAsync(shop, [Claim("a.example.com"), Claim("b.example.com")], default);

        Assert.Null(await claims.TakeAsync(Blog(), [Claim("b.example.com")], NoneEnded, default));
    }

    [Fact]
    public async Task Deletes_only_Leases_whose_claims_have_ended()
    {
        var claims = new SharedClaims("hooks", _client, _clock);
        await claims.TakeAsync(Shop(), [Claim("old.example.com")], NoneEnded, default);
        _clock.Advance(ClaimEntry.Lifetime * 3);
        await claims.TakeAsync(Shop(), [Claim("new.example.com")], NoneEnded, default);

        await claims.CleanAsync(default);

        Assert.Null(_api.Find(PathOf("old.example.com")));
        Assert.NotNull(_api.Find(PathOf("new.example.com")));
    }

    [Fact]
    public async Task Ignores_an_invalid_Lease_of_a_claim()
    {
        var claims = new SharedClaims("hooks", _client, _clock);
        _api.Put($"{{apiVersion: coordination.k8s.io/v1, kind: Lease, metadata: {{name: {ClaimLease.NameOf(Host.Parse("a.example.com"))}, namespace: hooks, annotations: {{policy.admissionwebhook.dev/claims: '[17]'}}}}}}");

        Assert.Null(await claims.TakeAsync(Shop(), [Claim("a.example.com")], NoneEnded, default));
    }

    [Fact]
    public async Task Claiming_hosts_of_one_domain_reads_their_wildcard_once()
    {
        var claims = new SharedClaims("hooks", _client, _clock);

        await claims.TakeAsync(Shop(), [.. Enumerable.Range(0, 100).Select(i => Claim($"h{i}.example.com"))], NoneEnded, default);

        Assert.Equal(101, _api.Requests.Count);
    }

    [Theory]
    [InlineData("*.example.com", "h77.example.com")]
    [InlineData("h77.example.com", "*.example.com")]
    public async Task Names_the_one_host_of_many_that_another_Ingress_claimed(string held, string asked)
    {
        var claims = new SharedClaims("hooks", _client, _clock);
        await claims.TakeAsync(Blog(), [Claim(held)], NoneEnded, default);

        var rival = await claims.TakeAsync(Shop(), [.. Enumerable.Range(0, 10).Select(i => Claim($"a{i}.example.org")), Claim(asked)], NoneEnded, default);

        Assert.Equal((asked, "blog", held), (rival!.Claim.Host.Name, rival.Rival.Namespace, rival.Host.Name));
    }

    [Fact]
    public async Task A_denied_second_request_of_an_Ingress_keeps_the_claims_of_the_first()
    {
        var claims = new SharedClaims("hooks", _client, _clock);
        await claims.TakeAsync(Shop(), [Claim("a.example.com")], NoneEnded, default);
        var second = Shop();
        await claims.TakeAsync(second, [Claim("a.example.com"), Claim("b.example.com")], NoneEnded, default);

        await claims.ReleaseAsync(second, [Claim("a.example.com"), Claim("b.example.com")], default);

        Assert.Equal("shop", (await claims.TakeAsync(Blog(), [Claim("a.example.com")], NoneEnded, default))!.Rival.Namespace);
        Assert.Null(await claims.TakeAsync(Blog(), [Claim("b.example.com")], NoneEnded, default));
    }

    [Fact]
    public async Task Many_Ingresses_of_one_namespace_claim_one_host_at_once()
    {
        var claims = new SharedClaims("hooks", _client, _clock);

        var rivals = await Task.WhenAll(Enumerable.Range(0, 100).Select(i => claims.TakeAsync(
            new(new(ResourceKind.Ingress, "shop", $"web{i}"), _clock.GetUtcNow(), IsCreation: true), [Claim("a.example.com")], NoneEnded, default)));

        Assert.All(rivals, Assert.Null);
        Assert.Equal(99, _api.Requests.Count(request => request.StartsWith("PUT", StringComparison.Ordinal)));
    }

    private Claimant Shop() => new(new(ResourceKind.Ingress, "shop", "web"), _clock.GetUtcNow(), IsCreation: true);

    private Claimant Blog() => new(new(ResourceKind.Ingress, "blog", "web"), _clock.GetUtcNow(), IsCreation: true);

    private static NewClaim Claim(string host) => new(Host.Parse(host), FieldPath.Spec, ["class nginx", "host"], ["class nginx", "name"], AmongIngresses: false);

    private static string PathOf(string host) => $"/apis/coordination.k8s.io/v1/namespaces/hooks/leases/{ClaimLease.NameOf(Host.Parse(host))}";
}
