using System.Text.Json.Nodes;

namespace AdmissionWebhook.Policy.Tests.PeerCases;

public sealed class PeerCaseTests
{
    private const string Absent = "../shared/corpus, the peers' labelled cases, is not beside this checkout.";

    public static TheoryData<string> Cases => [.. PeerCase.IsPresent ? PeerCase.Mapped : [Absent]];

    [Theory, MemberData(nameof(Cases))]
    public void A_case_of_a_peer_has_its_labelled_result_or_a_known_difference(string folder)
    {
        Assert.SkipWhen(folder == Absent, Absent);

        var peer = PeerCase.Judge(folder);

        var wanted = peer.ExpectsDenial == peer.KnownDifference is null;
        Assert.True(wanted == !peer.Decision.IsAllowed, $"{folder}: expected {(wanted ? "a denial" : "none")}, found:\n{string.Join('\n', peer.Decision.Findings)}");
    }

    [Fact]
    public void Every_policy_of_the_peers_is_mapped_or_has_a_reason()
    {
        Assert.SkipUnless(PeerCase.IsPresent, Absent);
        var unmapped = PeerCase.ReadYaml(File.ReadAllText(Path.Combine(PeerCase.Mappings, "unmapped.yaml"))).AsObject();

        Assert.All(PeerCase.Policies, policy => Assert.True(File.Exists(PeerCase.MappingOf(policy)) != IsListed(policy), policy));

        bool IsListed(string policy) => unmapped.ContainsKey(policy.Replace('/', '.')) || unmapped.ContainsKey(policy[..policy.IndexOf('/', StringComparison.Ordinal)]);
    }

    [Fact]
    public void Every_known_difference_is_about_a_case_that_exists()
    {
        Assert.SkipUnless(PeerCase.IsPresent, Absent);

        var differences =
            from policy in PeerCase.Policies
            where File.Exists(PeerCase.MappingOf(policy))
            from difference in PeerCase.ReadYaml(File.ReadAllText(PeerCase.MappingOf(policy)))["knownDifferences"] as JsonObject ?? []
            select Path.Combine(policy, difference.Key);

        Assert.All(differences, folder => Assert.Contains(folder, PeerCase.Mapped));
    }
}
