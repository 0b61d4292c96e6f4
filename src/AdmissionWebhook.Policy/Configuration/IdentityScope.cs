using System.Text.Json;
using System.Text.Json.Nodes;
using AdmissionWebhook.Policy.Configuration.Schemas;
using AdmissionWebhook.Policy.Evaluation;
using AdmissionWebhook.Policy.Values;

namespace AdmissionWebhook.Policy.Configuration;

/// <summary>The users that are exempt. A pattern must match the full name, and empty lists exempt nobody.</summary>
/// <param name="Users">Patterns of user names.</param>
/// <param name="Groups">Patterns of groups.</param>
/// <param name="ServiceAccounts">Service accounts by namespace and name.</param>
public sealed record IdentityScope(ImmutableArray<string> Users, ImmutableArray<string> Groups, ImmutableArray<ServiceAccountPattern> ServiceAccounts)
{
    /// <summary>Nobody.</summary>
    public static IdentityScope Nobody { get; } = new([], [], []);

    private bool IsNobody => Users.IsEmpty && Groups.IsEmpty && ServiceAccounts.IsEmpty;

    /// <summary>The schema of a rule's own scope, without descriptions: every rule would repeat them, and kubectl apply limits the size of a definition.</summary>
    internal static JsonObject BriefSchema => OpenApi.Map(
        ("users", OpenApi.TextList),
        ("groups", OpenApi.TextList),
        ("serviceAccounts", OpenApi.ListOf(ServiceAccountPattern.Schema)));

    internal static JsonObject Schema => OpenApi.Map(
        ("users", OpenApi.TextList.As("Patterns of user names, like system:serviceaccount:ops:*.")),
        ("groups", OpenApi.TextList.As("Patterns of groups.")),
        ("serviceAccounts", OpenApi.ListOf(ServiceAccountPattern.Schema).As("Patterns of service accounts: cert-manager/cert-manager or ops/*.")));

    /// <summary>Whether <paramref name="user"/> is exempt. An unknown user never is, not even with the pattern <c>*</c>.</summary>
    public bool Covers(UserInfo user) => !IsNobody && Includes(user);

    internal static IdentityScope Read(JsonElement value, FieldPath at, ICollection<PolicyError> errors)
    {
        var scope = new Members(value, at, errors, "users", "groups", "serviceAccounts");
        return new(
            scope.Read("users", ValueReaders.TextList, []),
            scope.Read("groups", ValueReaders.TextList, []),
            scope.Read("serviceAccounts", (list, place, mistakes) => ValueReaders.List(list, place, mistakes, ServiceAccountPattern.Read), []));
    }

    private bool Includes(UserInfo user) =>
        NamePattern.MatchesAny(Users, user.Name)
        || ServiceAccounts.Any(pattern => pattern.Matches(user.Name))
        || user.Groups.Any(group => NamePattern.MatchesAny(Groups, group));
}
