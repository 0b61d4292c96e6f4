using System.Text.Json.Nodes;

namespace AdmissionWebhook.Cli.Tests.Doctor;

public sealed class RegistrationTests
{
    [Theory]
    [InlineData("timeoutSeconds", "30", "warning   registration: {0} delays requests for 30 s while no replica answers.")]
    [InlineData("sideEffects", "\"Unknown\"", "wrong     registration: {0} must declare sideEffects None or NoneOnDryRun: the API server denies dry runs.")]
    [InlineData("matchPolicy", "\"Exact\"", "warning   registration: The API server calls {0} for one version of each kind only.")]
    [InlineData("matchConditions", "[]", "warning   registration: {0} denies every Service while no replica answers, Services of other add-ons too.")]
    [InlineData("failurePolicy", "\"Ignore\"", "warning   registration: {0} allows Services with node ports and external addresses while no replica answers.")]
    [InlineData("clientConfig", "{\"service\": {\"namespace\": \"admission-webhook\", \"name\": \"admission-webhook\"}}", "wrong     registration: {0} has no caBundle: the API server trusts no certificate of the webhook.")]
    public async Task Names_the_entry_of_a_harmful_registration(string member, string value, string expected)
    {
        await using var patient = await Patient.AdmitAsync();
        const string Entry = "services.admissionwebhook.dev";
        patient.ChangeEntries(Patient.Validating, entry => entry[member] = (string?)entry["name"] == Entry ? JsonNode.Parse(value) : entry[member]!.DeepClone());

        Assert.Equal([string.Format(System.Globalization.CultureInfo.InvariantCulture, expected, Entry)], patient.Complaints());
    }

    [Fact]
    public async Task Warns_when_an_entry_with_Fail_covers_namespaces_that_a_repair_needs()
    {
        await using var patient = await Patient.AdmitAsync();
        patient.ChangeEntries(Patient.Validating, entry => entry.AsObject().Remove("namespaceSelector"));

        Assert.Equal(
            [
                "warning   registration: ingresses.admissionwebhook.dev covers namespace \"kube-system\", so an outage can prevent its own repair.",
                "warning   registration: ingresses.admissionwebhook.dev covers namespace \"admission-webhook\", so an outage can prevent its own repair.",
                "warning   registration: services.admissionwebhook.dev covers namespace \"kube-system\", so an outage can prevent its own repair.",
                "warning   registration: services.admissionwebhook.dev covers namespace \"admission-webhook\", so an outage can prevent its own repair.",
            ],
            patient.Complaints());
    }

    [Fact]
    public async Task Warns_of_Fail_when_no_policy_denies()
    {
        await using var patient = await Patient.AdmitAsync();
        patient.Change("/apis/policy.admissionwebhook.dev/v1alpha1/trafficpolicies/organisation", policy =>
        {
            policy["spec"]!["rules"]!["ingress-tls-required"]!["enforcement"] = "Audit";
            policy["status"]!["conditions"]![0]!["observedGeneration"] = 2;
        });

        Assert.Equal(["warning   policies: No policy denies anything, but ingresses.admissionwebhook.dev denies requests while no replica answers."], patient.Complaints());
    }
}
