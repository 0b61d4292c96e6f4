using System.Text.Json.Nodes;
using AdmissionWebhook.TestSupport;

namespace AdmissionWebhook.Cli.Tests.Doctor;

public sealed class PermissionTests
{
    [Fact]
    public async Task Names_each_missing_permission()
    {
        await using var patient = await Patient.AdmitAsync();
        var asked = new List<string>();
        patient.Answers = (path, sent) =>
        {
            if (!path.EndsWith("subjectaccessreviews", StringComparison.Ordinal))
                return new() { Warnings = Patient.Voices() };

            var attributes = sent["spec"]!["resourceAttributes"]!;
            Assert.Equal("system:serviceaccount:admission-webhook:admission-webhook", (string?)sent["spec"]!["user"]);
            asked.Add($"{attributes["verb"]} {attributes["group"]} {attributes["resource"]} {attributes["subresource"]} {attributes["namespace"]} {attributes["name"]}".TrimEnd());
            return new() { IsAllowed = (string?)attributes["verb"] != "watch" || (string?)attributes["resource"] != "services" };
        };

        Assert.Equal(["wrong     permissions: ServiceAccount admission-webhook/admission-webhook may not watch services."], patient.Complaints());
        Assert.Contains("patch policy.admissionwebhook.dev trafficpolicies status", asked);
        Assert.Contains("update coordination.k8s.io leases  admission-webhook admission-webhook", asked);
        Assert.Contains("patch admissionregistration.k8s.io validatingwebhookconfigurations   admission-webhook", asked);
    }

    [Fact]
    public async Task Accepts_missing_permissions_of_rules_that_are_off()
    {
        await using var patient = await Patient.AdmitAsync();
        patient.Answers = RefuseToRead("endpointslices", "secrets");

        Assert.Empty(patient.Complaints());
    }

    [Theory]
    [InlineData("ingress-tls-secret", "secrets", "get secrets, list secrets, watch secrets", "kubectl apply -f config/rbac/tls-secrets")]
    [InlineData("service-selector-matches", "endpointslices", "list endpointslices, watch endpointslices", "kubectl apply --server-side -k config/rbac")]
    public async Task Warns_of_a_missing_permission_while_its_rule_is_on(string rule, string plural, string verbs, string remedy)
    {
        await using var patient = await Patient.AdmitAsync();
        patient.Answers = RefuseToRead(plural);
        SetRule("{}");

        Assert.Equal([$"warning   permissions: ServiceAccount admission-webhook/admission-webhook may not {verbs}; these rules check nothing: {rule}."], patient.Complaints());
        Assert.Contains(remedy, patient.Examine().Output, StringComparison.Ordinal);

        SetRule("""{"enforcement": "Off"}""");
        Assert.Empty(patient.Complaints());

        void SetRule(string settings) => patient.Change("/apis/policy.admissionwebhook.dev/v1alpha1/trafficpolicies/organisation", policy =>
        {
            policy["spec"]!["rules"]![rule] = JsonNode.Parse(settings);
            policy["status"]!["conditions"]![0]!["observedGeneration"] = (int)policy["metadata"]!["generation"]! + 1;
        });
    }

    /// <summary>Permits everything but to read these of the whole cluster.</summary>
    private static Func<string, JsonObject, UnstoredAnswer> RefuseToRead(params string[] plurals) => (path, sent) =>
        !path.EndsWith("subjectaccessreviews", StringComparison.Ordinal) ? new() { Warnings = Patient.Voices() }
        : new() { IsAllowed = sent["spec"]!["resourceAttributes"] is var attributes && (attributes!["name"] is not null || !plurals.Contains((string?)attributes["resource"])) };
}
