using System.Text.Json.Nodes;

namespace AdmissionWebhook.Cli.Tests.Doctor;

public sealed class NetworkTests
{
    [Theory]
    [InlineData("[{\"ports\": [{\"port\": \"https\"}]}]")]
    [InlineData("[{}]")]
    [InlineData("[{\"ports\": [{\"port\": 8443}], \"from\": []}]")]
    public async Task Reports_an_open_NetworkPolicy_with_the_addresses_of_the_API_servers(string ingress)
    {
        await using var patient = await Patient.AdmitAsync();
        patient.Change(Patient.NetworkPolicy, policy => policy["spec"]!["ingress"] = JsonNode.Parse(ingress));
        patient.Api.Put("""
            apiVersion: discovery.k8s.io/v1
            kind: EndpointSlice
            metadata: {name: kubernetes, namespace: default}
            endpoints: [{addresses: [10.0.0.11]}, {addresses: [10.0.0.10, "fd00::1"]}]
            """);

        Assert.Equal(["warning   network: The NetworkPolicy allows every pod to call the webhook."], patient.Complaints());
        Assert.Contains(
            "set networkPolicy.webhookFrom to [{ipBlock: {cidr: 10.0.0.10/32}}, {ipBlock: {cidr: 10.0.0.11/32}}, {ipBlock: {cidr: fd00::1/128}}].",
            patient.Examine().Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Reports_a_missing_NetworkPolicy()
    {
        await using var patient = await Patient.AdmitAsync();
        patient.Api.DeleteAt(Patient.NetworkPolicy);

        Assert.Equal(["warning   network: The webhook has no NetworkPolicy: every pod may call it."], patient.Complaints());
    }

    [Fact]
    public async Task Accepts_an_open_NetworkPolicy_when_callers_must_authenticate()
    {
        await using var patient = await Patient.AdmitAsync();
        patient.Api.DeleteAt(Patient.NetworkPolicy);
        patient.Change(Patient.Deployment, deployment => deployment["spec"]!["template"]!["spec"]!["containers"]![0]!["env"]!.AsArray().Add(
            new JsonObject { ["name"] = "ADMISSIONWEBHOOK__Webhook__CallerTokens__Jwks", ["value"] = "/callers/jwks.json" }));

        Assert.Empty(patient.Complaints());
    }
}
