using AdmissionWebhook.Policy.Configuration;
using AdmissionWebhook.TestSupport;

namespace AdmissionWebhook.Server.Tests.Admission;

public sealed class ValidateTests(RunningServer server) : IClassFixture<RunningServer>
{
    [Fact]
    public async Task Allows_a_valid_object_without_a_warning()
    {
        var response = await server.ReviewAsync("/validate", Reviews.Sample("allowed"));

        Assert.Equal(["uid", "allowed", "auditAnnotations"], response.Select(member => member.Key));
        Assert.True((bool)response["allowed"]!);
    }

    [Fact]
    public async Task Reports_three_violations_at_once_each_with_its_field()
    {
        var response = await server.ReviewAsync("/validate", Reviews.Sample("denied"));

        Assert.False((bool)response["allowed"]!);
        AssertJson("""
            {
              "status": "Failure",
              "message": "spec.rules[0].http.paths[1].backend.service.name: Service \"cart\" does not exist in namespace \"shop\". Create the Service first, or correct the name. [ingress-backend-service-exists]\nspec.rules[0].http.paths[0].backend.service.port.number: Service \"web\" has no port 8080; it exposes 80 (http). Use port 80 or name http. [ingress-backend-port-exists]\nspec.tls: host \"shop.example.com\" is served without TLS; add it to spec.tls[].hosts. [ingress-tls-required]",
              "reason": "Invalid",
              "code": 422,
              "details": {
                "name": "web",
                "group": "networking.k8s.io",
                "kind": "Ingress",
                "causes": [
                  {"reason": "FieldValueInvalid", "message": "Service \"cart\" does not exist in namespace \"shop\". Create the Service first, or correct the name. [ingress-backend-service-exists]", "field": "spec.rules[0].http.paths[1].backend.service.name"},
                  {"reason": "FieldValueInvalid", "message": "Service \"web\" has no port 8080; it exposes 80 (http). Use port 80 or name http. [ingress-backend-port-exists]", "field": "spec.rules[0].http.paths[0].backend.service.port.number"},
                  {"reason": "FieldValueInvalid", "message": "host \"shop.example.com\" is served without TLS; add it to spec.tls[].hosts. [ingress-tls-required]", "field": "spec.tls"}
                ]
              }
            }
            """, response["status"]);
    }

    [Fact]
    public async Task The_API_servers_audit_log_gets_the_rules_and_the_policy_revision()
    {
        var response = await server.ReviewAsync("/validate", Reviews.Sample("denied"));

        AssertJson($$"""
            {"denied-by": "ingress-backend-service-exists,ingress-backend-port-exists,ingress-tls-required", "policy-revision": "{{PolicySet.Default.Revision}}"}
            """, response["auditAnnotations"]);
    }

    [Fact]
    public async Task The_answer_echoes_the_uid()
    {
        var response = await server.ReviewAsync("/validate", Reviews.Of(Reviews.GoodIngress));

        Assert.Equal(Reviews.Uid, (string?)response["uid"]);
    }

    [Fact]
    public async Task Allows_a_violation_at_Warn_with_a_warning()
    {
        var twice = Reviews.GoodIngress.Replace("\"paths\": [", """
            "paths": [{"path": "/", "pathType": "Prefix", "backend": {"service": {"name": "web", "port": {"number": 80}}}},
            """, StringComparison.Ordinal);

        var response = await server.ReviewAsync("/validate", Reviews.Of(twice));

        Assert.True((bool)response["allowed"]!);
        Assert.Equal(
            "spec.rules[0].http.paths[1].path: path \"/\" of host \"shop.example.com\" is already used at spec.rules[0].http.paths[0].path. Remove one of the two. [ingress-path-overlap]",
            (string?)Assert.Single(response["warnings"]!.AsArray()));
        Assert.Equal("ingress-path-overlap", (string?)response["auditAnnotations"]!["warned-by"]);
    }

    [Fact]
    public async Task Allows_a_deletion_without_a_rule_for_deletions()
    {
        var response = await server.ReviewAsync("/validate", Reviews.Sample("delete"));

        Assert.True((bool)response["allowed"]!);
    }

    [Theory]
    [InlineData("jane", false)]
    [InlineData("system:serviceaccount:kube-system:namespace-controller", true)]
    public async Task Denies_the_deletion_of_a_Service_in_use_except_by_Kubernetes(string user, bool allowed)
    {
        await using var strict = await RunningServer.StartAsync(("Policy:Files", Repository.PathOf("config", "policies", "strict.yaml")), ("Cluster:Manifests", Repository.PathOf("config", "samples")));
        var review = $$"""
            {"apiVersion": "admission.k8s.io/v1", "kind": "AdmissionReview",
             "request": {"uid": "{{Reviews.Uid}}", "kind": {"group": "", "version": "v1", "kind": "Service"}, "name": "web", "namespace": "shop", "operation": "DELETE",
               "userInfo": {"username": "{{user}}"}, "object": null,
               "oldObject": {"apiVersion": "v1", "kind": "Service", "metadata": {"name": "web", "namespace": "shop"}, "spec": {"ports": [{"port": 80}]} } } }
            """;

        var response = await strict.ReviewAsync("/validate", review);

        Assert.Equal(allowed, (bool)response["allowed"]!);
    }

    [Fact]
    public async Task Checks_only_the_writer_of_the_status_of_a_Service()
    {
        await using var strict = await RunningServer.StartAsync(("Policy:Files", Repository.PathOf("config", "policies", "strict.yaml")));
        static string Review(string address) => $$"""
            {"apiVersion": "admission.k8s.io/v1", "kind": "AdmissionReview",
             "request": {"uid": "{{Reviews.Uid}}", "kind": {"group": "", "version": "v1", "kind": "Service"}, "subResource": "status", "name": "web", "namespace": "shop",
               "operation": "UPDATE", "userInfo": {"username": "jane"},
               "object": {"metadata": {"name": "web"}, "spec": {"type": "NodePort"}, "status": {"loadBalancer": {"ingress": [{"ip": "{{address}}"}]} } },
               "oldObject": {"metadata": {"name": "web"}, "spec": {"type": "NodePort"}, "status": {"loadBalancer": {"ingress": [{"ip": "203.0.113.7"}]} } } } }
            """;

        var (taken, kept) = (await strict.ReviewAsync("/validate", Review("8.8.8.8")), await strict.ReviewAsync("/validate", Review("203.0.113.7")));

        Assert.Equal("status.loadBalancer.ingress[0].ip", (string?)Assert.Single(taken["status"]!["details"]!["causes"]!.AsArray())!["field"]);
        Assert.True((bool)kept["allowed"]!);
    }

    [Fact]
    public async Task Checks_an_object_that_precedes_its_kind()
    {
        var review = $$"""
            {"request": {"object": {{Reviews.BadIngress}}, "operation": "CREATE", "namespace": "shop",
              "kind": {"kind": "Ingress", "version": "v1", "group": "networking.k8s.io"}, "uid": "{{Reviews.Uid}}"},
             "kind": "AdmissionReview", "apiVersion": "admission.k8s.io/v1"}
            """;

        var response = await server.ReviewAsync("/validate", review);

        Assert.False((bool)response["allowed"]!);
        Assert.Equal("web", (string?)response["status"]!["details"]!["name"]);
    }

    [Theory]
    [InlineData("null")]
    [InlineData("null", "null", "DELETE")]
    [InlineData("null", "null", "CONNECT")]
    [InlineData("{}", "null", "CREATE", "Gadget")]
    [InlineData("17", "[]", "UPDATE", "Gadget")]
    public async Task Allows_a_kind_without_rules(string obj, string oldObject = "null", string operation = "CREATE", string kind = "Ingress")
    {
        var response = await server.ReviewAsync("/validate", Reviews.Of(obj, oldObject, operation, kind));

        Assert.True((bool)response["allowed"]!);
    }

    [Fact]
    public async Task Allows_a_subresource()
    {
        var response = await server.ReviewAsync("/validate", Reviews.Of(Reviews.BadIngress, operation: "UPDATE", further: "\"subResource\": \"status\","));

        Assert.True((bool)response["allowed"]!);
    }

    [Theory]
    [InlineData("networking.k8s.io", "Ingress", """{"ingressClassName": "nginx", "rules": [{"host": "shop.example.com"}]}""")]
    [InlineData("", "Service", """{"type": "NodePort", "ports": [{"port": 80}]}""")]
    public async Task Allows_a_status_update_of_an_invalid_object(string group, string kind, string spec)
    {
        string Review(string further) => $$"""
            {"apiVersion": "admission.k8s.io/v1", "kind": "AdmissionReview",
             "request": {"uid": "{{Reviews.Uid}}", "kind": {"group": "{{group}}", "version": "v1", "kind": "{{kind}}"}, {{further}}
               "name": "web", "namespace": "shop", "operation": "UPDATE", "userInfo": {"username": "jane"},
               "object": {"metadata": {"name": "web"}, "spec": {{spec}} }, "oldObject": {"metadata": {"name": "web"}, "spec": {} } } }
            """;

        var response = await server.ReviewAsync("/validate", Review("\"subResource\": \"status\","));
        var ofSpec = await server.ReviewAsync("/validate", Review(""));

        Assert.True((bool)response["allowed"]!);
        AssertJson($$"""{"policy-revision": "{{PolicySet.Default.Revision}}"}""", response["auditAnnotations"]);
        Assert.Equal(["uid", "allowed", "auditAnnotations"], response.Select(member => member.Key));
        Assert.False((bool)ofSpec["allowed"]!);
    }

    [Fact]
    public async Task Names_a_field_of_the_wrong_type_as_written()
    {
        var review = $$"""
            {"apiVersion": "admission.k8s.io/v1", "kind": "AdmissionReview",
             "request": {"uid": "{{Reviews.Uid}}", "kind": {"group": "", "version": "v1", "kind": "Service"}, "name": "web", "namespace": "shop",
               "operation": "CREATE", "userInfo": {"username": "jane"},
               "object": {"metadata": {"name": "web"}, "spec": {"ports": [{"port": "x"}]} }, "oldObject": null} }
            """;

        var response = await server.ReviewAsync("/validate", review);

        var cause = Assert.Single(response["status"]!["details"]!["causes"]!.AsArray())!;
        Assert.Equal("spec.ports[0].port", (string?)cause["field"]);
        Assert.StartsWith("spec.ports[0].port: ", (string?)response["status"]!["message"], StringComparison.Ordinal);
    }

    [Fact]
    public async Task Reports_the_first_of_many_violations_and_counts_the_others()
    {
        var rules = string.Join(',', Enumerable.Range(0, 150).Select(i => $$"""{"host": "h{{i}}.example.com"}"""));
        var many = Reviews.BadIngress.Replace("\"rules\": [", $"\"rules\": [{rules},", StringComparison.Ordinal);

        var response = await server.ReviewAsync("/validate", Reviews.Of(many));

        var causes = response["status"]!["details"]!["causes"]!.AsArray();
        Assert.Equal(100, causes.Count);
        Assert.Equal("52 more violations are not shown; fix these first", (string?)causes[^1]!["message"]);
        Assert.EndsWith("\n52 more violations are not shown; fix these first", (string?)response["status"]!["message"], StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_validation_contains_no_patch()
    {
        var response = await server.ReviewAsync("/validate", Reviews.Sample("mutated"));

        Assert.False(response.ContainsKey("patch"));
        Assert.False(response.ContainsKey("patchType"));
    }

    private static void AssertJson(string expected, JsonNode? actual) => Assert.Equal(JsonNode.Parse(expected)!.ToJsonString(), actual?.ToJsonString());
}
