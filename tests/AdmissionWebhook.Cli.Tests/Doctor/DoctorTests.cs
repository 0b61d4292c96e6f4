using System.Text.Json.Nodes;

namespace AdmissionWebhook.Cli.Tests.Doctor;

public sealed class DoctorTests
{
    [Fact]
    public async Task Reports_only_ok_for_a_healthy_installation()
    {
        await using var patient = await Patient.AdmitAsync();

        Assert.Empty(patient.Complaints());
        Assert.Contains("\n17 ok.", patient.Examine().Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Writes_the_same_report_as_JSON()
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
    public async Task Changes_nothing_in_the_cluster()
    {
        await using var patient = await Patient.AdmitAsync();

        patient.Examine();

        Assert.All(patient.Api.Requests.Where(request => !request.StartsWith("GET ", StringComparison.Ordinal)), request => Assert.Matches("^POST .*(\\?dryRun=All|/subjectaccessreviews)$", request));
    }

    [Fact]
    public async Task Distinguishes_a_missing_kind_from_one_of_another_version()
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
    public async Task Reports_too_few_replicas_and_all_pods_on_one_node()
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
    public async Task Looks_for_the_installation_in_the_given_namespace()
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
    public async Task Prints_the_remedy_for_the_reason_of_a_failed_call(string reason, string remedy)
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
    public async Task Reports_an_outage_that_failurePolicy_Ignore_hides()
    {
        await using var patient = await Patient.AdmitAsync();
        patient.Answers = (path, _) => new() { Warnings = path.EndsWith("/services", StringComparison.Ordinal) ? [Patient.Voices()[0], "something else"] : Patient.Voices() };

        Assert.Equal(["wrong     answer: The API server accepts Service objects without an answer of the webhook (validating)."], patient.Complaints());
    }

    [Fact]
    public async Task Accepts_a_denial_as_an_answer()
    {
        await using var patient = await Patient.AdmitAsync();
        patient.Answers = (path, _) => path.EndsWith("reviews", StringComparison.Ordinal) ? new() : new() { Warnings = Patient.Voices(), Refusal = "admission webhook denied the request", Code = 422 };

        Assert.Empty(patient.Complaints());
    }

    [Fact]
    public async Task Reports_unknown_when_the_user_may_not_create_the_probe()
    {
        await using var patient = await Patient.AdmitAsync();
        patient.Answers = (path, _) => path.EndsWith("reviews", StringComparison.Ordinal) ? new() : new() { Refusal = "ingresses is forbidden", Code = 403 };

        Assert.Equal(
            new[] { "Ingress", "Service" }.Select(kind => $"unknown   answer: Cannot try a {kind} in namespace \"default\": ingresses is forbidden."),
            patient.Complaints());
    }

    [Fact]
    public async Task Warns_of_another_version_in_the_cluster()
    {
        await using var patient = await Patient.AdmitAsync();
        patient.Answers = (_, _) => new() { Warnings = Patient.Voices("9.9.9") };

        Assert.Equal(2, patient.Complaints().Count(line => line.Contains("Version 9.9.9 of the webhook validates ", StringComparison.Ordinal)));
    }

    [Fact]
    public async Task Reports_policies_that_are_not_in_force_with_their_errors()
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
    public async Task Reports_a_forbidden_check_as_unknown_and_runs_the_others()
    {
        await using var patient = await Patient.AdmitAsync();
        patient.Api.Faults.AnswerAlways($"{Patient.Space}/secrets/admission-webhook", 403, "Forbidden");

        Assert.Equal(["unknown   certificate: Forbidden on purpose."], patient.Complaints());
    }

    [Fact]
    public async Task Exits_2_when_the_cluster_is_unreachable()
    {
        await using var patient = await Patient.AdmitAsync();

        var run = patient.Examine("--context", "nowhere");

        Assert.Equal((2, ""), (run.ExitCode, run.Output));
        Assert.Equal("http://127.0.0.1:1/: Connection refused", Assert.Single(run.ErrorLines));
    }

    [Fact]
    public async Task Exits_2_when_the_user_may_read_nothing()
    {
        await using var patient = await Patient.AdmitAsync();
        patient.Api.Faults.Token = "another";

        Assert.Equal(2, patient.Examine().ExitCode);
    }
}
