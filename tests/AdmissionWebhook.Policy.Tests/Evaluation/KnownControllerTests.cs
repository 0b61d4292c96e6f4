using AdmissionWebhook.Policy.Configuration;
using AdmissionWebhook.Policy.Evaluation;
using AdmissionWebhook.Policy.Manifests;
using AdmissionWebhook.Policy.State;
using static AdmissionWebhook.TestSupport.Objects;

namespace AdmissionWebhook.Policy.Tests.Evaluation;

/// <summary>Objects as other controllers write them, through both phases of admission, by the shipped policy.</summary>
public sealed class KnownControllerTests
{
    private const string Token = "LoqXcYV8q5ONbJQxbmR7SCTNo3tiAXDfowyjxAjEuX0";

    /// <summary>As cert-manager 1.12 to 1.19 creates it, once the API server has generated its name.</summary>
    private const string SolverService = """
        apiVersion: v1
        kind: Service
        metadata:
          generateName: cm-acme-http-solver-
          name: cm-acme-http-solver-x7wbd
          namespace: shop
          labels: {acme.cert-manager.io/http-domain: "1117431617", acme.cert-manager.io/http-token: "1203947233", acme.cert-manager.io/http01-solver: "true"}
          annotations: {auth.istio.io/8089: NONE}
          ownerReferences: [{apiVersion: acme.cert-manager.io/v1, kind: Challenge, name: web-tls-1-1, uid: 7f2b, controller: true, blockOwnerDeletion: true}]
        spec:
          type: NodePort
          selector: {acme.cert-manager.io/http01-solver: "true"}
          ports: [{name: http, port: 8089, targetPort: 8089, nodePort: 31234, protocol: TCP}]
        """;

    private const string SolverIngress = $$"""
        apiVersion: networking.k8s.io/v1
        kind: Ingress
        metadata:
          generateName: cm-acme-http-solver-
          name: cm-acme-http-solver-k2vqp
          namespace: shop
          labels: {acme.cert-manager.io/http-domain: "1117431617", acme.cert-manager.io/http-token: "1203947233", acme.cert-manager.io/http01-solver: "true"}
          annotations: {nginx.ingress.kubernetes.io/whitelist-source-range: "0.0.0.0/0,::/0"}
          ownerReferences: [{apiVersion: acme.cert-manager.io/v1, kind: Challenge, name: web-tls-1-1, uid: 7f2b, controller: true, blockOwnerDeletion: true}]
        spec:
          ingressClassName: nginx
          rules:
            - host: shop.example.com
              http:
                paths:
                  - path: /.well-known/acme-challenge/{{Token}}
                    pathType: ImplementationSpecific
                    backend: {service: {name: cm-acme-http-solver-x7wbd, port: {number: 8089} } }
        """;

    private static readonly UserInfo CertManager = new("system:serviceaccount:cert-manager:cert-manager", ["system:serviceaccounts", "system:authenticated"]);

    private static readonly ClusterState Cluster = ClusterState.Empty.With(All("""
        {apiVersion: networking.k8s.io/v1, kind: IngressClass, metadata: {name: nginx}, spec: {controller: k8s.io/ingress-nginx}}
        ---
        {apiVersion: networking.k8s.io/v1, kind: IngressClass, metadata: {name: alb}, spec: {controller: ingress.k8s.aws/alb}}
        ---
        {apiVersion: v1, kind: Namespace, metadata: {name: shop}}
        ---
        {apiVersion: v1, kind: Service, metadata: {name: cm-acme-http-solver-x7wbd, namespace: shop}, spec: {ports: [{port: 8089}]}}
        """));

    [Theory]
    [InlineData("", "")]
    [InlineData("ImplementationSpecific", "Exact")]
    [InlineData("  ingressClassName: nginx\n", "")]
    [InlineData("  ingressClassName: nginx\n", "  # the class stands in the annotation\n")]
    [InlineData("annotations: {", "annotations: {nginx.ingress.kubernetes.io/proxy-body-size: 1m, nginx.ingress.kubernetes.io/ssl-redirect: 'false', ")]
    public void Allows_the_Ingress_of_an_ACME_solver(string written, string instead)
    {
        var ingress = written.Length == 0 ? SolverIngress : SolverIngress.Replace(written, instead, StringComparison.Ordinal);

        var findings = Admit(ingress, CertManager);

        Assert.Contains(findings, finding => (finding.Rule.Id, finding.Status, finding.Exemption) is ("ingress-tls-required", FindingStatus.Exempted, "cert-manager"));
        Assert.DoesNotContain(findings, IsDenial);
    }

    [Fact]
    public void Allows_the_Service_of_an_ACME_solver() =>
        Assert.Equal(("service-no-node-port", FindingStatus.Exempted, "cert-manager"), Sole(Admit(SolverService, CertManager)));

    [Theory]
    [InlineData("acme-challenge/" + Token, "")]
    [InlineData("/.well-known/acme-challenge/" + Token, "/")]
    [InlineData("/.well-known/acme-challenge/" + Token, "/.well-known/acme-challenge/")]
    [InlineData("/.well-known/acme-challenge/" + Token, "/.well-known/acme-challenge/../../")]
    [InlineData("/.well-known/acme-challenge/" + Token, "/.well-known/acme-challenge/a|/")]
    [InlineData("/.well-known/acme-challenge/" + Token, "/.well-known/acme-challenge/.*")]
    [InlineData("/.well-known/acme-challenge/" + Token, "/x/.well-known/acme-challenge/a")]
    [InlineData("- path: /.well-known/acme-challenge/" + Token, "- path: \"/.well-known/acme-challenge/a\\n\"")]
    [InlineData("http01-solver: \"true\"", "http01-solver: \"yes\"")]
    [InlineData("http01-solver: \"true\"", "http01-resolver: \"true\"")]
    [InlineData("annotations: {", "annotations: {nginx.ingress.kubernetes.io/server-snippet: 'location / {}', ")]
    [InlineData("annotations: {", "annotations: {nginx.ingress.kubernetes.io/configuration-snippet: 'proxy_pass http://web;', ")]
    [InlineData("annotations: {", "annotations: {nginx.org/server-snippets: 'location / {}', ")]
    [InlineData("annotations: {", "annotations: {nginx.ingress.kubernetes.io/server-alias: bank.example.com, ")]
    [InlineData("annotations: {", "annotations: {nginx.ingress.kubernetes.io/app-root: /login, ")]
    [InlineData("  rules:", "  defaultBackend: {service: {name: cm-acme-http-solver-x7wbd, port: {number: 8089}}}\n  rules:")]
    [InlineData("  rules:", "  rules:\n    - host: bank.example.com")]
    [InlineData("ImplementationSpecific", "Prefix")]
    [InlineData("name: cm-acme-http-solver-k2vqp", "name: web")]
    [InlineData("name: cm-acme-http-solver-x7wbd, port", "name: web, port")]
    [InlineData("number: 8089", "number: 80")]
    [InlineData("annotations: {", "annotations: {external-dns.alpha.kubernetes.io/hostname: bank.example.com, ")]
    [InlineData("annotations: {", "annotations: {nginx.ingress.kubernetes.io/mirror-target: 'http://10.0.0.1', ")]
    [InlineData("annotations: {", "annotations: {nginx.ingress.kubernetes.io/default-backend: web, ")]
    [InlineData("annotations: {", "annotations: {haproxy-ingress.github.io/config-backend: 'server x 10.0.0.1:80', ")]
    [InlineData("annotations: {", "annotations: {example.com/anything: x, ")]
    [InlineData("paths:", "paths:\n          - {path: /login, pathType: Prefix, backend: {service: {name: cm-acme-http-solver-x7wbd, port: {number: 8089}}}}")]
    [InlineData("paths:", "paths:\n          - {pathType: Prefix, backend: {service: {name: cm-acme-http-solver-x7wbd, port: {number: 8089}}}}")]
    public void Requires_TLS_for_an_Ingress_that_only_looks_like_a_solvers(string written, string instead)
    {
        var ingress = SolverIngress.Replace(written, instead, StringComparison.Ordinal);

        Assert.NotEqual(SolverIngress, ingress);
        Assert.Contains(Admit(ingress, CertManager), finding => finding is { Enforcement: Enforcement.Deny, Rule.Id: "ingress-tls-required" });
    }

    [Fact]
    public void Allows_a_solver_without_TLS_for_a_host_of_another_namespace()
    {
        var owned = Cluster.With(Object(SolverIngress.Replace("namespace: shop", "namespace: bank", StringComparison.Ordinal)));
        var elsewhere = SolverIngress.Replace("name: cm-acme-http-solver-x7wbd, port", "name: cm-acme-http-solver-gone, port", StringComparison.Ordinal).Replace("shop.example.com", "'*.example.com'", StringComparison.Ordinal);

        Assert.DoesNotContain(Admit(SolverIngress, CertManager, owned), IsDenial);
        Assert.Contains(Admit(SolverIngress, UserInfo.Anonymous, owned).Where(IsDenial), finding => finding.Rule.Id == "ingress-host-conflict");
        Assert.Equal(["ingress-backend-service-exists", "ingress-host-wildcard"], Admit(elsewhere, CertManager).Where(IsDenial).Select(finding => finding.Rule.Id));
    }

    [Fact]
    public void Denies_a_solvers_Ingress_that_becomes_an_application()
    {
        var application = SolverIngress.Replace("/.well-known/acme-challenge/" + Token, "/", StringComparison.Ordinal);

        var decision = PolicyEngine.Decide(Update(SolverIngress, application), PolicySet.Default, Cluster);

        Assert.Equal("ingress-tls-required", Assert.Single(decision.Denials).Rule.Id);
    }

    [Fact]
    public void Denies_a_solvers_Service_that_another_user_changes()
    {
        var kept = SolverService.Replace("port: 8089, targetPort: 8089", "port: 22, targetPort: 22", StringComparison.Ordinal);
        var unlabelled = kept.Replace("acme.cert-manager.io/http01-solver: \"true\"}", "app: web}", StringComparison.Ordinal);
        var user = new UserInfo("alice", ["system:authenticated"]);

        Assert.All(new[] { kept, unlabelled }, taken => Assert.False(PolicyEngine.Decide(Update(SolverService, taken) with { User = user }, PolicySet.Default, Cluster).IsAllowed));
        Assert.True(PolicyEngine.Decide(Update(SolverService, unlabelled) with { User = user, ChangesSpec = false }, PolicySet.Default, Cluster).IsAllowed);
    }

    [Theory]
    [InlineData("alice")]
    [InlineData("")]
    [InlineData("system:serviceaccount:shop:cert-manager")]
    [InlineData("system:serviceaccount:cert-manager:cert-manager-cainjector")]
    public void Only_cert_manager_may_open_a_node_port_for_a_solver(string user) =>
        Assert.Contains(Admit(SolverService, new(user, ["system:serviceaccounts:cert-manager"])), IsDenial);

    [Theory]
    [InlineData("alice", false)]
    [InlineData("system:serviceaccount:shop:cert-manager", false)]
    [InlineData("system:serviceaccount:cert-manager:cert-manager", true)]
    [InlineData("", true)]
    public void In_requests_only_cert_manager_is_exempt_from_TLS(string user, bool isExcused) =>
        Assert.Equal(!isExcused, Admit(SolverIngress, new(user, [])).Any(IsDenial));

    [Fact]
    public void A_Service_with_another_name_is_not_a_solvers() =>
        Assert.Contains(Admit(SolverService.Replace("name: cm-acme-http-solver-x7wbd", "name: web", StringComparison.Ordinal), CertManager), IsDenial);

    [Fact]
    public void An_audit_recognizes_the_Service_of_a_solver() =>
        Assert.True(PolicyEngine.Decide(new() { Operation = Operation.Update, Object = Object(SolverService), OldObject = Object(SolverService), IsAudit = true }, PolicySet.Default, Cluster).IsAllowed);

    [Fact]
    public void A_policy_can_disable_all_known_controllers()
    {
        var policies = PolicySet.Default with { Policies = [.. PolicySet.Default.Policies.Select(policy => policy with { KnownControllers = [] })] };

        Assert.False(PolicyEngine.Decide(Create(SolverIngress), policies, Cluster).IsAllowed);
    }

    [Theory]
    [InlineData("alb", "redirect", "name: use-annotation", "'{\"type\": \"redirect\"}'", true)]
    [InlineData("gone", "redirect", "name: use-annotation", "'{\"type\": \"redirect\"}'", true)]
    [InlineData("nginx", "redirect", "name: use-annotation", "'{\"type\": \"redirect\"}'", false)]
    [InlineData("alb", "redirect", "name: use-annotation", "''", false)]
    [InlineData("alb", "other", "name: use-annotation", "'{\"type\": \"redirect\"}'", false)]
    [InlineData("alb", "redirect", "number: 80", "'{\"type\": \"redirect\"}'", false)]
    [InlineData("alb", "redirect", "{name: use-annotation, number: 80}", "'{\"type\": \"redirect\"}'", false)]
    [InlineData("alb", "redirect", "name: Use-Annotation", "'{\"type\": \"redirect\"}'", false)]
    public void Does_not_look_up_an_action_of_the_AWS_load_balancer_as_a_Service(string className, string backend, string port, string action, bool isAction)
    {
        var ingress = $$"""
            apiVersion: networking.k8s.io/v1
            kind: Ingress
            metadata: {name: web, namespace: shop, annotations: {alb.ingress.kubernetes.io/actions.redirect: {{action}} } }
            spec:
              ingressClassName: {{className}}
              tls: [{hosts: [shop.example.com], secretName: shop-tls}]
              rules:
                - host: shop.example.com
                  http:
                    paths:
                      - backend: {service: {name: {{backend}}, port: {{(port.StartsWith('{') ? port : "{" + port + "}")}} } }
            """;

        var findings = Admit(ingress, new("alice", []));

        Assert.Equal(isAction, !findings.Any(finding => finding.Rule.Id.StartsWith("ingress-backend-", StringComparison.Ordinal)));
    }

    [Theory]
    [InlineData("")]
    [InlineData("  tls: [{hosts: [shop.example.com], secretName: shop-tls}]\n")]
    public void A_Flagger_canary_beside_its_primary_follows_the_same_rules(string tls)
    {
        const string Primary = """
            apiVersion: networking.k8s.io/v1
            kind: Ingress
            metadata: {name: web, namespace: shop}
            spec:
              ingressClassName: nginx
              tls: [{hosts: [shop.example.com], secretName: shop-tls}]
              rules: [{host: shop.example.com, http: {paths: [{path: /, pathType: Prefix, backend: {service: {name: cm-acme-http-solver-x7wbd, port: {number: 8089}}}}]}}]
            """;
        var canary = Primary.Replace("name: web,", "name: web-canary, annotations: {nginx.ingress.kubernetes.io/canary: 'true'},", StringComparison.Ordinal)
            .Replace("  tls: [{hosts: [shop.example.com], secretName: shop-tls}]\n", tls, StringComparison.Ordinal);

        var findings = Admit(canary, new("system:serviceaccount:flagger-system:flagger", []), Cluster.With(Object(Primary)));

        Assert.Equal(tls.Length == 0 ? ["ingress-tls-required"] : [], findings.Select(finding => finding.Rule.Id));
    }

    /// <summary>Both phases, as the API server runs them: the name of a new object is generated between the two.</summary>
    private static ImmutableArray<Finding> Admit(string yaml, UserInfo user, ClusterState? cluster = null)
    {
        var errors = new List<SourceError>();
        var manifest = Assert.Single(Manifest.ReadAll("test.yaml", yaml, errors));
        Assert.Empty(errors);
        var subject = new Subject { Phase = AdmissionPhase.Mutating, Operation = Operation.Create, Object = manifest.Read(), User = user };

        var json = System.Text.Json.Nodes.JsonNode.Parse(manifest.Json)!;
        foreach (var operation in PolicyEngine.Decide(subject, PolicySet.Default, cluster ?? Cluster).Patch)
            operation.ApplyTo(json);
        var filled = manifest.Kind!.Read(System.Text.Encoding.UTF8.GetBytes(json.ToJsonString()), manifest.ApiVersion);
        return PolicyEngine.Decide(subject with { Phase = AdmissionPhase.Validating, Object = filled }, PolicySet.Default, cluster ?? Cluster).Findings;
    }

    private static bool IsDenial(Finding finding) => finding.Enforcement == Enforcement.Deny;

    private static (string, FindingStatus, string?) Sole(ImmutableArray<Finding> findings) =>
        Assert.Single(findings) is var only ? (only.Rule.Id, only.Status, only.Exemption) : default;
}
