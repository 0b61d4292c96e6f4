using AdmissionWebhook.Policy.Configuration;
using AdmissionWebhook.Policy.Evaluation;
using AdmissionWebhook.Policy.State;
using static AdmissionWebhook.TestSupport.Objects;

namespace AdmissionWebhook.Policy.Tests.Evaluation;

/// <summary>Services of type ExternalName that Knative and the operator of Tailscale write or replace, by the shipped policy.</summary>
public sealed class KnownServiceTests
{
    /// <summary>As Knative Serving's resources/service.go creates it, with the gateway of net-kourier.</summary>
    private const string Route = """
        apiVersion: v1
        kind: Service
        metadata:
          name: greeter
          namespace: shop
          labels: {serving.knative.dev/route: greeter, serving.knative.dev/service: greeter}
          ownerReferences: [{apiVersion: serving.knative.dev/v1, kind: Route, name: greeter, uid: 7f2b, controller: true, blockOwnerDeletion: true}]
        spec: {type: ExternalName, externalName: kourier-internal.kourier-system.svc.cluster.local, ports: [{name: http2, port: 80, targetPort: 80}]}
        """;

    private const string Egress = """
        apiVersion: v1
        kind: Service
        metadata: {name: ledger, namespace: shop, annotations: {tailscale.com/tailnet-fqdn: ledger.tail9f.ts.net} }
        spec: {type: ExternalName, externalName: placeholder, ports: [{port: 5432}]}
        """;

    private const string Knative = "system:serviceaccount:knative-serving:controller";
    private const string Operator = "system:serviceaccount:tailscale:operator";

    [Theory]
    [InlineData("kourier-internal.kourier-system.svc.cluster.local")]
    [InlineData("kourier-internal.knative-serving-ingress.svc.cluster.local")]
    [InlineData("knative-local-gateway.istio-system.svc.cluster.local")]
    [InlineData("envoy.contour-internal.svc.cluster.local")]
    [InlineData("kourier-internal.kourier-system.svc.example.internal")]
    [InlineData("greeter.shop.svc.cluster.local")]
    public void Allows_the_Service_of_a_Knative_Route(string target)
    {
        var service = Route.Replace("kourier-internal.kourier-system.svc.cluster.local", target, StringComparison.Ordinal);

        Assert.Equal((FindingStatus.Exempted, "knative"), Sole(service, Knative));
        Assert.Equal((FindingStatus.Exempted, "knative"), Sole(service, ""));
    }

    [Theory]
    [InlineData("kourier-internal.kourier-system.svc.cluster.local", "ledger.bank.svc.cluster.local")]
    [InlineData("kourier-internal.kourier-system.svc.cluster.local", "greeter.bank.svc.cluster.local")]
    [InlineData("kourier-internal.kourier-system.svc.cluster.local", "x.kourier-internal.kourier-system.svc.cluster.local")]
    [InlineData("kourier-internal.kourier-system.svc.cluster.local", "kourier-internal.kourier-system.svc.10-0-0-1.nip.io")]
    [InlineData("kourier-internal.kourier-system.svc.cluster.local", "metadata.google.internal")]
    [InlineData("serving.knative.dev/route: greeter, ", "")]
    [InlineData("port: 80,", "port: 8080,")]
    public void Denies_a_Service_that_only_looks_like_that_of_a_Knative_Route(string written, string instead)
    {
        var service = Route.Replace(written, instead, StringComparison.Ordinal);

        Assert.NotEqual(Route, service);
        Assert.Equal((FindingStatus.Violated, null), Sole(service, Knative));
    }

    [Theory]
    [InlineData("alice")]
    [InlineData("system:serviceaccount:shop:controller")]
    public void Only_Knative_may_write_the_Service_of_a_Route(string user) => Assert.Equal((FindingStatus.Violated, null), Sole(Route, user));

    [Theory]
    [InlineData("", "")]
    [InlineData("externalName: placeholder", "externalName: unused")]
    [InlineData("tailscale.com/tailnet-fqdn: ledger.tail9f.ts.net", "tailscale.com/tailnet-fqdn: ledger.tail9f.ts.net.")]
    [InlineData("tailscale.com/tailnet-fqdn: ledger.tail9f.ts.net", "tailscale.com/tailnet-ip: 100.101.102.103")]
    [InlineData("tailscale.com/tailnet-fqdn: ledger.tail9f.ts.net", "tailscale.com/ts-tailnet-target-ip: 100.101.102.103")]
    [InlineData("tailscale.com/tailnet-fqdn: ledger.tail9f.ts.net", "tailscale.com/tailnet-fqdn: ledger.tail9f.ts.net, tailscale.com/proxy-group: egress")]
    public void Allows_any_placeholder_in_a_Service_for_a_machine_of_a_tailnet(string written, string instead)
    {
        var service = written.Length == 0 ? Egress : Egress.Replace(written, instead, StringComparison.Ordinal);

        Assert.Equal((FindingStatus.Exempted, "tailscale"), Sole(service, "alice"));
    }

    [Theory]
    [InlineData("externalName: placeholder", "externalName: ledger.bank.svc.cluster.local")]
    [InlineData("externalName: placeholder", "externalName: metadata.google.internal")]
    [InlineData("externalName: placeholder", "externalName: metadata")]
    [InlineData("externalName: placeholder", "externalName: localhost")]
    [InlineData("externalName: placeholder", "externalName: kubernetes")]
    [InlineData("externalName: placeholder", "externalName: '2130706433'")]
    [InlineData("externalName: placeholder", "externalName: ''")]
    [InlineData("tailscale.com/tailnet-fqdn: ledger.tail9f.ts.net", "tailscale.com/tailnet-fqdn: ''")]
    [InlineData("tailscale.com/tailnet-fqdn: ledger.tail9f.ts.net", "tailscale.com/tailnet-fqdn: ledger.bank.svc")]
    [InlineData("tailscale.com/tailnet-fqdn: ledger.tail9f.ts.net", "tailscale.com/tailnet-ip: 169.254.169.254")]
    [InlineData("tailscale.com/tailnet-fqdn: ledger.tail9f.ts.net", "tailscale.com/tailnet-ip: 127.0.0.1")]
    [InlineData("tailscale.com/tailnet-fqdn: ledger.tail9f.ts.net", "tailscale.com/proxy-group: egress")]
    [InlineData("tailscale.com/tailnet-fqdn: ledger.tail9f.ts.net", "tailscale.com/expose: 'true'")]
    public void Denies_a_name_inside_the_cluster_in_the_place_of_a_placeholder(string written, string instead)
    {
        var service = Egress.Replace(written, instead, StringComparison.Ordinal);

        Assert.NotEqual(Egress, service);
        Assert.Equal((FindingStatus.Violated, null), Sole(service, "alice"));
    }

    [Fact]
    public void Only_the_operator_may_write_the_name_of_its_proxy()
    {
        var replaced = Egress.Replace("placeholder", "ts-ledger-x7k2p.tailscale.svc.cluster.local", StringComparison.Ordinal);
        var deeper = Egress.Replace("placeholder", "ts-ledger.x.tailscale.svc.cluster.local", StringComparison.Ordinal);

        Assert.Equal((FindingStatus.Exempted, "tailscale"), Sole(replaced, Operator));
        Assert.Equal((FindingStatus.Violated, null), Sole(replaced, "alice"));
        Assert.Equal((FindingStatus.Violated, null), Sole(deeper, Operator));
    }

    [Fact]
    public void An_Ingress_that_leads_to_such_a_Service_is_still_judged()
    {
        const string Web = """
            apiVersion: networking.k8s.io/v1
            kind: Ingress
            metadata: {name: web, namespace: shop}
            spec: {rules: [{host: shop.example.com, http: {paths: [{path: /, pathType: Prefix, backend: {service: {name: ledger, port: {number: 5432} } } }] } }] }
            """;

        var decision = PolicyEngine.Decide(Create(Web), PolicySet.Default, ClusterState.Empty.With(Object(Egress)));

        Assert.Contains(decision.Findings, finding => finding is { Rule.Id: "ingress-backend-external-name", Status: FindingStatus.Violated });
    }

    private static (FindingStatus, string?) Sole(string yaml, string user)
    {
        var decision = PolicyEngine.Decide(Create(yaml) with { User = new(user, []) }, PolicySet.Default, ClusterState.Empty);
        return Assert.Single(decision.Findings, finding => finding.Rule.Id == "service-external-name") is var sole ? (sole.Status, sole.Exemption) : default;
    }
}
