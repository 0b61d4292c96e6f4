using AdmissionWebhook.Policy.Configuration;
using AdmissionWebhook.Policy.Evaluation;

namespace AdmissionWebhook.Policy.Tests.Configuration;

public sealed class IdentityScopeTests
{
    [Theory]
    [InlineData("cert-manager/cert-manager", "system:serviceaccount:cert-manager:cert-manager", true)]
    [InlineData("cert-manager/cert-manager", "system:serviceaccount:cert-manager:cert-manager-webhook", false)]
    [InlineData("cert-manager/cert-manager", "cert-manager/cert-manager", false)]
    [InlineData("cert-manager/cert-manager", "cert-manager", false)]
    [InlineData("ops/*", "system:serviceaccount:ops:deployer", true)]
    [InlineData("ops/*", "system:serviceaccount:ops-x:deployer", false)]
    [InlineData("ops/*", "system:serviceaccount:x-ops:deployer", false)]
    [InlineData("ops/*", "system:serviceaccount:ops", false)]
    [InlineData("ops/*", "system:serviceaccount:ops:", false)]
    [InlineData("ops/*", "system:serviceaccount:ops:deployer:more", false)]
    [InlineData("ops/*", "my-system:serviceaccount:ops:deployer", false)]
    [InlineData("ops/*", "SYSTEM:serviceaccount:ops:deployer", false)]
    [InlineData("*/deployer", "system:serviceaccount:ops:deployer", true)]
    [InlineData("*/deployer", "system:serviceaccount:ops:x:deployer", false)]
    [InlineData("*/*", "alice", false)]
    [InlineData("team-*/ci", "system:serviceaccount:team-shop:ci", true)]
    [InlineData("team-*/ci", "system:serviceaccount:shop:ci", false)]
    public void Matches_a_service_account_by_namespace_and_name(string pattern, string user, bool isCovered) =>
        Assert.Equal(isCovered, Exempt($"serviceAccounts: ['{pattern}']").Covers(new(user, ["system:serviceaccounts"])));

    [Theory]
    [InlineData("alice", "alice", true)]
    [InlineData("alice", "Alice", false)]
    [InlineData("alice", "malice", false)]
    [InlineData("alice", "alice2", false)]
    [InlineData("*@example.com", "alice@example.com", true)]
    [InlineData("*@example.com", "alice@example.com.evil.org", false)]
    [InlineData("system:serviceaccount:ops:*", "system:serviceaccount:ops:deployer", true)]
    [InlineData("system:serviceaccount:ops:*", "system:serviceaccount:ops-x:deployer", false)]
    [InlineData("idp?alice", "idpXalice", false)]
    [InlineData("idp?alice", "idp?alice", true)]
    [InlineData("CORP\\alice", "CORP\\alice", true)]
    [InlineData("CORP\\*", "CORP\\alice", true)]
    [InlineData("*", "alice", true)]
    [InlineData("*", "", false)]
    public void Matches_a_user_by_the_full_name(string pattern, string user, bool isCovered) =>
        Assert.Equal(isCovered, Exempt($"users: ['{pattern}']").Covers(new(user, [])));

    [Theory]
    [InlineData("platform", "platform", true)]
    [InlineData("platform", "platform-guests", false)]
    [InlineData("oidc:*-admins", "oidc:shop-admins", true)]
    [InlineData("oidc:*-admins", "shop-admins", false)]
    [InlineData("*", "", false)]
    public void Matches_a_group_by_the_full_name(string pattern, string group, bool isCovered) =>
        Assert.Equal(isCovered, Exempt($"groups: ['{pattern}']").Covers(new("alice", [group])));

    [Fact]
    public void Does_not_match_users_groups_and_service_accounts_with_each_other()
    {
        var scope = Exempt("users: [ops], groups: [deployers], serviceAccounts: [ops/deployer]");

        Assert.False(scope.Covers(new("deployers", ["ops", "ops/deployer"])));
        Assert.False(scope.Covers(new("system:serviceaccount:deployer:ops", [])));
    }

    [Theory]
    [InlineData("users: [], groups: [], serviceAccounts: []")]
    [InlineData("")]
    public void Empty_lists_cover_nobody(string scope)
    {
        Assert.False(Exempt(scope).Covers(new("alice", ["system:masters"])));
        Assert.False(Exempt(scope).Covers(UserInfo.Anonymous));
    }

    [Fact]
    public void No_pattern_covers_an_unknown_user() =>
        Assert.False(Exempt("users: ['*'], groups: ['*'], serviceAccounts: ['*/*']").Covers(UserInfo.Anonymous));

    private static IdentityScope Exempt(string scope) => TestSupport.Objects.Policies($$"""
        apiVersion: policy.admissionwebhook.dev/v1alpha1
        kind: TrafficPolicy
        metadata: {name: test}
        spec: {exempt: { {{scope}} } }
        """).Policies.Single().Exempt;
}
