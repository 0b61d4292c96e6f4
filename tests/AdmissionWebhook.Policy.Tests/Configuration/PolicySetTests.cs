using AdmissionWebhook.Policy.Configuration;
using AdmissionWebhook.Policy.Evaluation;
using AdmissionWebhook.Policy.Resources;
using AdmissionWebhook.TestSupport;

namespace AdmissionWebhook.Policy.Tests.Configuration;

public sealed class PolicySetTests
{
    [Fact]
    public void Every_mistake_is_told_at_once_with_its_line_and_what_was_meant()
    {
        var errors = Mistakes("""
            apiVersion: policy.admissionwebhook.dev/v1
            kind: TrafficPolicy
            metadata: {}
            spec:
              namespace: {include: [a]}
              namespaces:
                include: shop
                exclude: [1]
                selector: {matchLabel: {team: web}}
              rules:
                ingress-tls-requird: {enforcement: Deny}
                ingress-host-required: {enforcement: Denny}
                ingress-default-class: {enforcement: Deny, parameters: {className: nginx}}
                ingress-host-wildcard: {enforcment: Deny, parameters: {allow: [x]}}
                ingress-host-conflict:
                  parameters:
                    between: Namespace
                    compare: 1
                ingress-host-allowed: {}
                ingress-class-allowed: {enforcement: "Off"}
                service-external-ips:
                  parameters:
                    allowed: [10.0.0.0/8, 10.0.0.1/8, host]
                service-no-node-port: Deny
            """);

        Assert.Equal(
            [
                "1: apiVersion: expected policy.admissionwebhook.dev/v1alpha1, found policy.admissionwebhook.dev/v1.",
                "3: metadata.name: a policy needs a name.",
                "5: spec.namespace: there is no field \"namespace\"; did you mean \"namespaces\"?",
                "7: spec.namespaces.include: expected a list, found \"shop\".",
                "8: spec.namespaces.exclude[0]: expected a text that is not empty, found 1.",
                "9: spec.namespaces.selector.matchLabel: there is no field \"matchLabel\"; did you mean \"matchLabels\"?",
                "11: spec.rules.ingress-tls-requird: there is no rule \"ingress-tls-requird\"; did you mean \"ingress-tls-required\"?",
                "12: spec.rules.ingress-host-required.enforcement: \"Denny\" is not one of Off, Audit, Warn, Deny; did you mean \"Deny\"?",
                "13: spec.rules.ingress-default-class.enforcement: \"Deny\" is not one of Off, Suggest, Apply.",
                "14: spec.rules.ingress-host-wildcard.enforcment: there is no field \"enforcment\"; did you mean \"enforcement\"?",
                "14: spec.rules.ingress-host-wildcard.parameters.allow: there is no parameter of ingress-host-wildcard \"allow\"; did you mean \"allowed\"?",
                "17: spec.rules.ingress-host-conflict.parameters.between: \"Namespace\" is not one of Namespaces, Ingresses; did you mean \"Namespaces\"?",
                "18: spec.rules.ingress-host-conflict.parameters.compare: 1 is not one of Path, Host.",
                "19: spec.rules.ingress-host-allowed.parameters.suffixes: ingress-host-allowed needs it: Suffixes every namespace may use; `{namespace}` stands for the namespace's name.",
                "23: spec.rules.service-external-ips.parameters.allowed[1]: \"10.0.0.1/8\" is neither an IP address nor a CIDR range with all host bits zero.",
                "23: spec.rules.service-external-ips.parameters.allowed[2]: \"host\" is neither an IP address nor a CIDR range with all host bits zero.",
                "24: spec.rules.service-no-node-port: expected a map, found \"Deny\".",
            ],
            errors);
    }

    [Theory]
    [InlineData("{apiVersion: v1, kind: Service, metadata: {name: web}}", "1: kind: expected TrafficPolicy, found Service.")]
    [InlineData("{apiVersion: policy.admissionwebhook.dev/v1alpha1, kind: TrafficPolicy, metadata: {name: [a]}, spec: []}", "1: spec: expected a map, found [].")]
    [InlineData("{apiVersion: policy.admissionwebhook.dev/v1alpha1, kind: TrafficPolicy, metadata: {name: a}, spec: {rules: [ingress-tls-required]}}", "1: spec.rules: expected a map, found [\"ingress-tls-required\"].")]
    public void A_document_of_another_shape_is_a_mistake_too(string yaml, string expected) => Assert.Contains(expected, Mistakes(yaml));

    [Fact]
    public void Two_policies_of_one_name_are_a_mistake()
    {
        var policy = "{apiVersion: policy.admissionwebhook.dev/v1alpha1, kind: TrafficPolicy, metadata: {name: same}, spec: {tellDefaults: true}}";

        Assert.Equal("2: metadata.name: another policy is named same too.", Assert.Single(Mistakes($"---\n{policy}\n---\n{policy.Replace("true", "false", StringComparison.Ordinal)}")));
    }

    [Fact]
    public void A_rule_that_is_named_alone_has_its_default_enforcement_and_parameters()
    {
        var active = Objects.PolicyOf("service-no-node-port:").Policies.Single().Rules.Single();

        Assert.Equal(Enforcement.Deny, active.Enforcement);
    }

    [Fact]
    public void Equal_policies_have_one_revision_and_others_another()
    {
        Assert.Equal(Objects.PolicyOf("service-no-node-port: {}").Revision, Objects.PolicyOf("service-no-node-port: {}").Revision);
        Assert.NotEqual(Objects.PolicyOf("service-no-node-port: {}").Revision, Objects.PolicyOf("service-no-node-port: {enforcement: Warn}").Revision);
    }

    [Fact]
    public void Only_some_rules_can_be_run_at_their_strictest_or_as_the_policy_wants()
    {
        var policies = Objects.PolicyOf("service-no-node-port: {enforcement: Warn}", "service-external-ips: {}");

        var asWanted = policies.Only(["service-no-node-port", "service-external-name"], enforcesAll: false);
        var strictest = policies.Only(["service-no-node-port"], enforcesAll: true);

        Assert.Equal(["service-no-node-port: Warn", "service-external-name: Deny"], asWanted.Policies.SelectMany(policy => policy.Rules).Select(active => $"{active.Rule.Id}: {active.Enforcement}"));
        Assert.Equal(Enforcement.Deny, strictest.Policies.SelectMany(policy => policy.Rules).Single().Enforcement);
    }

    private static IEnumerable<string> Mistakes(string yaml)
    {
        var errors = new List<SourceError>();
        Assert.Null(PolicySet.Read(Manifest.ReadAll("policy.yaml", yaml, errors), errors));
        return errors.OrderBy(error => error.Line).Select(error => $"{error.Line}: {error.Message}");
    }
}
