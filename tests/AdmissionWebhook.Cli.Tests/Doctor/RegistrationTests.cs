using System.Text.Json.Nodes;

namespace AdmissionWebhook.Cli.Tests.Doctor;

public sealed class RegistrationTests
{
    [Theory]
    [InlineData("timeoutSeconds", "30", "warning   registration: {0} holds requests up for 30 s where nobody answers.")]
    [InlineData("sideEffects", "\"Unknown\"", "wrong     registration: {0} does not say that it has no side effects: dry runs are refused.")]
    [InlineData("matchPolicy", "\"Exact\"", "warning   registration: {0} is asked about one version of each kind alone.")]
    [InlineData("matchConditions", "[]", "warning   registration: {0} refuses every Service while nobody answers, those of other add-ons too.")]
    [InlineData("failurePolicy", "\"Ignore\"", "warning   registration: {0} lets Services with node ports and external addresses in while nobody answers.")]
    [InlineData("clientConfig", "{\"service\": {\"namespace\": \"admission-webhook\", \"name\": \"admission-webhook\"}}", "wrong     registration: {0} has no caBundle: the API server trusts no certificate.")]
    public async Task A_registration_that_can_hurt_is_told_by_its_entry(string member, string value, string expected)
    {
        await using var patient = await Patient.AdmitAsync();
        const string Entry = "services.admissionwebhook.dev";
        patient.ChangeEntries(Patient.Validating, entry => entry[member] = (string?)entry["name"] == Entry ? JsonNode.Parse(value) : entry[member]!.DeepClone());

        Assert.Equal([string.Format(System.Globalization.CultureInfo.InvariantCulture, expected, Entry)], patient.Complaints());
    }

    [Fact]
    public async Task An_entry_that_refuses_while_nobody_answers_must_leave_out_what_repairs_it()
    {
        await using var patient = await Patient.AdmitAsync();
        patient.ChangeEntries(Patient.Validating, entry => entry.AsObject().Remove("namespaceSelector"));

        Assert.Equal(
            [
                "warning   registration: ingresses.admissionwebhook.dev is asked about namespace kube-system, so an outage can keep itself up.",
                "warning   registration: ingresses.admissionwebhook.dev is asked about namespace admission-webhook, so an outage can keep itself up.",
                "warning   registration: services.admissionwebhook.dev is asked about namespace kube-system, so an outage can keep itself up.",
                "warning   registration: services.admissionwebhook.dev is asked about namespace admission-webhook, so an outage can keep itself up.",
            ],
            patient.Complaints());
    }

    [Fact]
    public async Task To_refuse_while_nobody_answers_is_more_than_a_policy_that_only_looks_needs()
    {
        await using var patient = await Patient.AdmitAsync();
        patient.Change("/apis/policy.admissionwebhook.dev/v1alpha1/trafficpolicies/organisation", policy =>
        {
            policy["spec"]!["rules"]!["ingress-tls-required"]!["enforcement"] = "Audit";
            policy["status"]!["conditions"]![0]!["observedGeneration"] = 2;
        });

        Assert.Equal(["warning   policies: No policy denies anything, and yet ingresses.admissionwebhook.dev refuses requests while nobody answers."], patient.Complaints());
    }
}
