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
        Assert.Contains("\n15 ok.", patient.Examine().Output, StringComparison.Ordinal);
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
        Assert.Equal("There is no ValidatingWebhookConfiguration admission-webhook: the API server asks nobody", (string?)wrong["message"]);
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
                "warning   kinds: TrafficPolicy is of another version: it does not know ingress-tls-required.",
                "wrong     kinds: TrafficPolicyExemption is no kind of this cluster, so the replicas do not become ready.",
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
                "warning   replicas: All 2 pods are on the node node-a.",
                "warning   replicas: There is no PodDisruptionBudget, so draining nodes can take all replicas at once.",
            ],
            patient.Complaints());
    }

    [Fact]
    public async Task An_installation_elsewhere_is_looked_for_there()
    {
        await using var patient = await Patient.AdmitAsync();

        var complaints = patient.Complaints("--namespace", "ops");

        Assert.Contains("wrong     replicas: There is no Deployment ops/admission-webhook.", complaints);
        Assert.Contains("wrong     registration: services.admissionwebhook.dev leads to admission-webhook/admission-webhook, not to ops/admission-webhook.", complaints);
    }

    [Fact]
    public async Task What_the_service_account_may_not_do_is_named()
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

        Assert.Equal(["wrong     permissions: The service account admission-webhook/admission-webhook may not watch services."], patient.Complaints());
        Assert.Contains("patch policy.admissionwebhook.dev trafficpolicies status", asked);
        Assert.Contains("update coordination.k8s.io leases  admission-webhook admission-webhook", asked);
        Assert.Contains("patch admissionregistration.k8s.io validatingwebhookconfigurations   admission-webhook", asked);
    }

    [Fact]
    public async Task What_only_some_rules_read_need_not_be_permitted()
    {
        await using var patient = await Patient.AdmitAsync();
        patient.Answers = RefuseToRead("endpointslices", "secrets");

        Assert.Empty(patient.Complaints());
    }

    [Theory]
    [InlineData("ingress-tls-secret", "secrets", "kubectl apply -f config/rbac/tls-secrets")]
    [InlineData("service-selector-matches", "endpointslices", "kubectl apply --server-side -k config/rbac")]
    public async Task What_a_policy_reads_must_be_permitted_as_long_as_its_rule_is_on(string rule, string plural, string remedy)
    {
        await using var patient = await Patient.AdmitAsync();
        patient.Answers = RefuseToRead("endpointslices", "secrets");
        SetRule("{}");

        Assert.Equal([$"warning   permissions: The service account admission-webhook/admission-webhook may not get {plural}, list {plural}, watch {plural}, so {rule} cannot tell."], patient.Complaints());
        Assert.Contains(remedy, patient.Examine().Output, StringComparison.Ordinal);

        SetRule("""{"enforcement": "Off"}""");
        Assert.Empty(patient.Complaints());

        void SetRule(string settings) => patient.Change("/apis/policy.admissionwebhook.dev/v1alpha1/trafficpolicies/organisation", policy =>
        {
            policy["spec"]!["rules"]![rule] = JsonNode.Parse(settings);
            policy["status"]!["conditions"]![0]!["observedGeneration"] = (int)policy["metadata"]!["generation"]! + 1;
        });
    }

    [Theory]
    [InlineData("timeoutSeconds", "30", "warning   registration: {0} holds requests up for 30 s where nobody answers.")]
    [InlineData("sideEffects", "\"Unknown\"", "wrong     registration: {0} does not say that it has no side effects: dry runs are refused.")]
    [InlineData("matchPolicy", "\"Exact\"", "warning   registration: {0} is asked about one version of each kind alone.")]
    [InlineData("failurePolicy", "\"Fail\"", "warning   registration: {0} refuses every Service while nobody answers, those of other add-ons too.")]
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
            ],
            patient.Complaints());
    }

    [Theory]
    [InlineData(-90, -1, "wrong     certificate: The certificate of the Secret admission-webhook expired at ")]
    [InlineData(1, 90, "wrong     certificate: The certificate of the Secret admission-webhook is not valid yet.")]
    [InlineData(-90, 10, "warning   certificate: The certificate of the Secret admission-webhook expires at ")]
    public async Task A_certificate_out_of_its_time_is_told(int begin, int end, string expected)
    {
        await using var patient = await Patient.AdmitAsync();
        patient.Certify(DateTimeOffset.UtcNow.AddDays(begin), DateTimeOffset.UtcNow.AddDays(end));

        Assert.StartsWith(expected, Assert.Single(patient.Complaints()), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_caBundle_that_does_not_vouch_for_the_certificate_is_told_of_each_entry()
    {
        await using var patient = await Patient.AdmitAsync();
        patient.Certify(DateTimeOffset.UtcNow.AddDays(-1), DateTimeOffset.UtcNow.AddDays(90), isTrusted: false);

        Assert.Equal(
            new[] { "ingresses", "services", "defaults" }.Select(entry => $"wrong     certificate: The caBundle of {entry}.admissionwebhook.dev does not vouch for the certificate."),
            patient.Complaints());
    }

    [Fact]
    public async Task Authorities_behind_the_certificate_lead_to_the_one_that_is_trusted()
    {
        await using var patient = await Patient.AdmitAsync();

        patient.Certify(DateTimeOffset.UtcNow.AddDays(-1), DateTimeOffset.UtcNow.AddDays(90), isChained: true);

        Assert.Empty(patient.Complaints());
    }

    [Fact]
    public async Task A_certificate_for_another_name_is_told_and_so_is_none()
    {
        await using var patient = await Patient.AdmitAsync();
        patient.Certify(DateTimeOffset.UtcNow.AddDays(-1), DateTimeOffset.UtcNow.AddDays(90), "webhook.example.com");
        Assert.Equal(["wrong     certificate: The certificate is not for admission-webhook.admission-webhook.svc, by which the API server calls."], patient.Complaints());

        patient.Change($"{Patient.Space}/secrets/admission-webhook", secret => secret.Remove("data"));
        Assert.Equal(["wrong     certificate: The Secret admission-webhook/admission-webhook has no certificate yet."], patient.Complaints());
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
        var at = Array.FindIndex(lines, line => line.StartsWith("wrong     answer: The API server gets no answer about Ingress objects", StringComparison.Ordinal));
        Assert.Contains(remedy, lines[at + 1], StringComparison.Ordinal);
        Assert.Equal(1, run.ExitCode);
    }

    [Fact]
    public async Task An_outage_that_failurePolicy_Ignore_hides_is_seen()
    {
        await using var patient = await Patient.AdmitAsync();
        patient.Answers = (path, _) => new() { Warnings = path.EndsWith("/services", StringComparison.Ordinal) ? [Patient.Voices()[0], "something else"] : Patient.Voices() };

        Assert.Equal(["wrong     answer: A Service passes without an answer of the webhook (validating)."], patient.Complaints());
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
            new[] { "Ingress", "Service" }.Select(kind => $"unknown   answer: A {kind} could not be tried in namespace default: ingresses is forbidden."),
            patient.Complaints());
    }

    [Fact]
    public async Task Another_version_in_the_cluster_is_a_warning()
    {
        await using var patient = await Patient.AdmitAsync();
        patient.Answers = (_, _) => new() { Warnings = Patient.Voices("9.9.9") };

        Assert.Equal(2, patient.Complaints().Count(line => line.Contains("judged by version 9.9.9, and this is ", StringComparison.Ordinal)));
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
                "warning   policies: No replica has told what became of TrafficPolicyExemption shop/fresh.",
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

    /// <summary>Permits everything but to read these of the whole cluster.</summary>
    private static Func<string, JsonObject, UnstoredAnswer> RefuseToRead(params string[] plurals) => (path, sent) =>
        !path.EndsWith("subjectaccessreviews", StringComparison.Ordinal) ? new() { Warnings = Patient.Voices() }
        : new() { IsAllowed = sent["spec"]!["resourceAttributes"] is var attributes && (attributes!["name"] is not null || !plurals.Contains((string?)attributes["resource"])) };
}
