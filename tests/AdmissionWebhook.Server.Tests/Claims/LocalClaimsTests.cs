using AdmissionWebhook.Policy.Kinds;
using AdmissionWebhook.Policy.Rules.Ingresses;
using AdmissionWebhook.Policy.Values;
using AdmissionWebhook.Server.Claims;
using Host = AdmissionWebhook.Policy.Values.Host;

namespace AdmissionWebhook.Server.Tests.Claims;

public sealed class LocalClaimsTests
{
    [Fact]
    public void Claiming_twice_in_one_request_counts_once()
    {
        var claims = new LocalClaims(TimeProvider.System);
        var claim = new NewClaim(Host.Parse("a.example.com"), FieldPath.Root, ["*"], ["*"], AmongIngresses: false);
        var claimant = new Claimant(new(ResourceKind.Ingress, "shop", "web"), TimeProvider.System.GetUtcNow(), IsCreation: true);

        Assert.Null(claims.Take(claimant, [claim], new HashSet<ClaimEntry>()));
        Assert.Null(claims.Take(claimant, [claim], new HashSet<ClaimEntry>()));

        Assert.True(claims.IsOnlyCreation(ClaimEntry.Of(claimant, claim), claim.Host));
    }
}
