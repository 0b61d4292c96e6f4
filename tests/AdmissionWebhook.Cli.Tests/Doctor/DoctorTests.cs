using System.Text.Json.Nodes;
using AdmissionWebhook.TestSupport;

namespace AdmissionWebhook.Cli.Tests.Doctor;

public sealed class DoctorTests
{
    [Fact]
    public async Task An_installation_in_good_health_has_nothing_but_ok()
    {
        await using var patient = await Patient.AdmitAsync();

        Assert.Empty(patient.Complaints());
        Assert.Contains("\n17 ok.", patient.Examine().Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Scripts_get_the_same_as_JSON()
    {
        await using var patient = await Patient.AdmitAsync();
        patient.Api.DeleteAt(Patient.Validating);

        var run = patient.Examine("--output", "json");

        var report = JsonNode.Parse(run.Output)!;
        Assert.Equal(1, run.ExitCode);
        Assert.Equal(1, (int)report["summary"]!["wrong"]!);
        var wrong = Assert.Single(report["checks"]!.AsArray(), check => (string?)check!["health"] == "wrong")!;
        Assert.Equal("registration", (string?)wrong["check"]);
        Assert.Equal("ValidatingWebhookConfiguration admission-webhook does not exist: the API server does not call the webhook", (string?)wrong["message"]);
        Assert.Contains("helm upgrade", (string?)wrong["remedy"], StringComparison.Ordinal);
    }

    [Fact]
    public async Task Nothing_is_changed()
    {
        await using var patient = await Patient.AdmitAsync();

        patient.Examine();

        Assert.All(patient.Api.Requests.Where(request => !request.StartsWith("GET ", StringComparison.Ordinal)), request => Assert.Matches("^POST .*(\\?dryRun=All|/subjectaccessreviews)$", request));
    }

    [Fact]
    public async Task A_missing_kind_and_one_of_another_version_are_told_apart()
    {
        await using var patient = await Patient.AdmitAsync();
        const string Definitions = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions";
        patient.Api.DeleteAt($"{Definitions}/trafficpolicyexemptions.policy.admissionwebhook.dev");
        patient.Change(
            $"{Definitions}/trafficpolicies.policy.admissionwebhook.dev",
            definition => definition["spec"]!["versions"]![0]!["schema"]!["openAPIV3Schema"]!["properties"]!["spec"]!["properties"]!["rules"]!["properties"]!.AsObject().Remove("ingress-tls-required"));

        Assert.Equal(
            [
                "warning   kinds: The CustomResourceDefinition of TrafficPolicy is from another version; it does not know ingress-tls-required.",
                "wrong     kinds: The cluster does not have the kind TrafficPolicyExemption, so the replicas do not become ready.",
            ],
            patient.Complaints());
    }

    [Fact]
    public async Task Too_few_replicas_are_told_and_so_is_what_takes_all_at_once()
    {
        await using var patient = await Patient.AdmitAsync();
        patient.Change(Patient.Deployment, deployment => deployment["status"]!["readyReplicas"] = 1);
        patient.Change($"{Patient.Space}/pods/b", pod => pod["spec"]!["nodeName"] = "node-a");
        patient.Api.DeleteAt("/apis/policy/v1/namespaces/admission-webhook/poddisruptionbudgets/admission-webhook");

        Assert.Equal(
            [
                "wrong     replicas: 1 of 2 replicas are ready.",
                "warning   replicas: All 2 pods are on node node-a.",
                "warning   replicas: The webhook has no PodDisruptionBudget, so a drain of nodes can stop all replicas at once.",
            ],
            patient.Complaints());
    }

    [Fact]
    public async Task An_installation_elsewhere_is_looked_for_there()
    {
        await using var patient = await Patient.AdmitAsync();

        var complaints = patient.Complaints("--namespace", "ops");

        Assert.Contains("wrong     replicas: Deployment ops/admission-webhook does not exist.", complaints);
        Assert.Contains("wrong     registration: services.admissionwebhook.dev calls admission-webhook/admission-webhook, not ops/admission-webhook.", complaints);
    }

    [Theory]
    [InlineData("tls: failed to verify certificate: x509: certificate signed by unknown authority", "see certificate")]
    [InlineData("no endpoints available for service \"admission-webhook\"", "see replicas")]
    [InlineData("context deadline exceeded", "10250")]
    public async Task An_API_server_that_gets_no_answer_says_why_and_the_remedy_fits(string reason, string remedy)
    {
        await using var patient = await Patient.AdmitAsync();
        patient.Answers = (path, _) => path.EndsWith("/ingresses", StringComparison.Ordinal)
            ? new() { Refusal = $"Internal error occurred: failed calling webhook \"ingresses.admissionwebhook.dev\": failed to call webhook: Post \"https://admission-webhook.admission-webhook.svc:443/validate?timeout=3s\": {reason}" }
            : new() { Warnings = Patient.Voices() };

        var run = patient.Examine();

        var lines = run.Output.Split(Environment.NewLine);
        var at = Array.FindIndex(lines, line => line.StartsWith("wrong     answer: The API server gets no answer for Ingress objects", StringComparison.Ordinal));
        Assert.Contains(remedy, lines[at + 1], StringComparison.Ordinal);
        Assert.Equal(1, run.ExitCode);
    }

    [Fact]
    public async Task An_outage_that_failurePolicy_Ignore_hides_is_seen()
    {
        await using var patient = await Patient.AdmitAsync();
        patient.Answers = (path, _) => new() { Warnings = path.EndsWith("/services", StringComparison.Ordinal) ? [Patient.Voices()[0], "something else"] : Patient.Voices() };

        Assert.Equal(["wrong     answer: The API server accepts Service objects without an answer of the webhook (validating)."], patient.Complaints());
    }

    [Fact]
    public async Task A_denial_is_an_answer()
    {
        await using var patient = await Patient.AdmitAsync();
        patient.Answers = (path, _) => path.EndsWith("reviews", StringComparison.Ordinal) ? new() : new() { Warnings = Patient.Voices(), Refusal = "admission webhook denied the request", Code = 422 };

        Assert.Empty(patient.Complaints());
    }

    [Fact]
    public async Task Who_may_not_create_the_probe_is_not_told_that_the_webhook_is_ill()
    {
        await using var patient = await Patient.AdmitAsync();
        patient.Answers = (path, _) => path.EndsWith("reviews", StringComparison.Ordinal) ? new() : new() { Refusal = "ingresses is forbidden", Code = 403 };

        Assert.Equal(
            new[] { "Ingress", "Service" }.Select(kind => $"unknown   answer: Cannot try a {kind} in namespace \"default\": ingresses is forbidden."),
            patient.Complaints());
    }

    [Fact]
    public async Task Another_version_in_the_cluster_is_a_warning()
    {
        await using var patient = await Patient.AdmitAsync();
        patient.Answers = (_, _) => new() { Warnings = Patient.Voices("9.9.9") };

        Assert.Equal(2, patient.Complaints().Count(line => line.Contains("Version 9.9.9 of the webhook validates ", StringComparison.Ordinal)));
    }

    [Fact]
    public async Task Policies_that_are_not_in_force_are_told_with_their_mistakes()
    {
        await using var patient = await Patient.AdmitAsync();
        patient.Api.Put("""
            apiVersion: policy.admissionwebhook.dev/v1alpha1
            kind: TrafficPolicy
            metadata: {name: broken}
            spec: {rules: {}}
            status: {conditions: [{type: Accepted, status: "False", reason: Invalid, message: "It is not in force.\nspec.rules: none", observedGeneration: 1}]}
            ---
            apiVersion: policy.admissionwebhook.dev/v1alpha1
            kind: TrafficPolicyExemption
            metadata: {name: ended, namespace: shop}
            status: {conditions: [{type: Accepted, status: "False", reason: Expired, observedGeneration: 1}]}
            ---
            apiVersion: policy.admissionwebhook.dev/v1alpha1
            kind: TrafficPolicyExemption
            metadata: {name: fresh, namespace: shop}
            """);

        Assert.Equal(
            [
                "wrong     policies: TrafficPolicy broken is not accepted: It is not in force. spec.rules: none.",
                "warning   policies: No replica has written the status of TrafficPolicyExemption shop/fresh.",
            ],
            patient.Complaints());
    }

    [Fact]
    public async Task What_may_not_be_seen_is_unknown_and_keeps_nothing_else_from_being_looked_at()
    {
        await using var patient = await Patient.AdmitAsync();
        patient.Api.Faults.AnswerAlways($"{Patient.Space}/secrets/admission-webhook", 403, "Forbidden");

        Assert.Equal(["unknown   certificate: Forbidden on purpose."], patient.Complaints());
    }

    [Fact]
    public async Task A_cluster_out_of_reach_is_2()
    {
        await using var patient = await Patient.AdmitAsync();

        var run = patient.Examine("--context", "nowhere");

        Assert.Equal((2, ""), (run.ExitCode, run.Output));
        Assert.Equal("http://127.0.0.1:1/: Connection refused", Assert.Single(run.ErrorLines));
    }

    [Fact]
    public async Task So_is_one_that_shows_nothing_to_whoever_asks()
    {
        await using var patient = await Patient.AdmitAsync();
        patient.Api.Faults.Token = "another";

        Assert.Equal(2, patient.Examine().ExitCode);
    }
}
