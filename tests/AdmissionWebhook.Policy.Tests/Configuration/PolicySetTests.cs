using AdmissionWebhook.Policy.Configuration;
using AdmissionWebhook.Policy.Evaluation;
using AdmissionWebhook.Policy.Manifests;
using AdmissionWebhook.Policy.State;
using AdmissionWebhook.TestSupport;

namespace AdmissionWebhook.Policy.Tests.Configuration;

public sealed class PolicySetTests
{
    [Theory]
    [InlineData("ingress-class-from-annotation", "ingress-default-class-from-annotation")]
    [InlineData("service-internal-load-balancer", "service-default-internal-load-balancer")]
    public void A_policy_with_the_old_id_of_a_rule_is_told_the_new_one(string old, string renamed)
    {
        var errors = new List<SourceError>();

        PolicySet.Read(Manifest.ReadAll("p.yaml", $"apiVersion: policy.admissionwebhook.dev/v1alpha1\nkind: TrafficPolicy\nmetadata: {{name: a}}\nspec: {{rules: {{{old}: {{}}}}}}\n", errors), errors);

        Assert.Equal($"spec.rules.{old}: rule \"{old}\" was renamed to \"{renamed}\".", Assert.Single(errors).Message);
    }

    [Fact]
    public void Reports_all_errors_at_once_with_lines_and_suggestions()
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
                "1: apiVersion: must be policy.admissionwebhook.dev/v1alpha1, found \"policy.admissionwebhook.dev/v1\".",
                "3: metadata.name: is required.",
                "5: spec.namespace: field \"namespace\" does not exist; did you mean \"namespaces\"?",
                "7: spec.namespaces.include: must be a list, found \"shop\".",
                "8: spec.namespaces.exclude[0]: must be a non-empty string, found 1.",
                "9: spec.namespaces.selector.matchLabel: field \"matchLabel\" does not exist; did you mean \"matchLabels\"?",
                "11: spec.rules.ingress-tls-requird: rule \"ingress-tls-requird\" does not exist; did you mean \"ingress-tls-required\"?",
                "12: spec.rules.ingress-host-required.enforcement: must be one of Off, Audit, Warn, Deny, found \"Denny\"; did you mean \"Deny\"?",
                "13: spec.rules.ingress-default-class.enforcement: must be one of Off, Suggest, Apply, found \"Deny\".",
                "14: spec.rules.ingress-host-wildcard.enforcment: field \"enforcment\" does not exist; did you mean \"enforcement\"?",
                "14: spec.rules.ingress-host-wildcard.parameters.allow: ingress-host-wildcard parameter \"allow\" does not exist; did you mean \"allowed\"?",
                "17: spec.rules.ingress-host-conflict.parameters.between: must be one of Namespaces, Ingresses, found \"Namespace\"; did you mean \"Namespaces\"?",
                "18: spec.rules.ingress-host-conflict.parameters.compare: must be one of Path, Host, found 1.",
                "19: spec.rules.ingress-host-allowed.parameters.suffixes: is required by ingress-host-allowed: Suffixes that every namespace may use. `{namespace}` is replaced by the name of the namespace.",
                "23: spec.rules.service-external-ips.parameters.allowed[1]: \"10.0.0.1/8\" must be an IP address, or a CIDR with all host bits zero.",
                "23: spec.rules.service-external-ips.parameters.allowed[2]: \"host\" must be an IP address, or a CIDR with all host bits zero.",
                "24: spec.rules.service-no-node-port: must be a map, found \"Deny\".",
            ],
            errors);
    }

    [Fact]
    public void Reports_all_errors_in_scopes_and_exemptions_at_once() => Assert.Equal(
        [
            "5: spec.namespaces.selector.matchExpressions[0].values: is required for operator In.",
            "6: spec.ingressClasses.included: field \"included\" does not exist; did you mean \"include\"?",
            "7: spec.exempt.serviceAccounts[0]: \"cert-manager\" is not a valid service account; write namespace/name, like cert-manager/cert-manager or ops/*.",
            "7: spec.exempt.serviceAccounts[1]: \"system:serviceaccount:ops:deployer\" is not a valid service account; write namespace/name, like cert-manager/cert-manager or ops/*.",
            "7: spec.exempt.serviceAccounts[2]: \"ops/\" is not a valid service account; write namespace/name, like cert-manager/cert-manager or ops/*.",
            "8: spec.exemptions.maxLifetime: must be a duration in days, hours or minutes, like 90d, 12h or 30m, found \"3 months\".",
            "9: spec.knownControllers[1]: must be one of cert-manager, knative, tailscale, found \"cert-manger\"; did you mean \"cert-manager\"?",
            "11: spec.rules.service-no-node-port.ratchet.until: must be a time with an offset, like 2027-01-31T18:00:00Z or 2027-01-31T18:00:00+01:00, found \"2027-01-01\".",
            "12: spec.rules.service-external-ips.ratchet.enable: field \"enable\" does not exist; did you mean \"enabled\"?",
            "13: spec.rules.ingress-default-path-type.ratchet: is not supported by ingress-default-path-type, which sets a default and reports no violations; remove it.",
            "14: spec.rules.ingress-host-required.exempt.user: field \"user\" does not exist; did you mean \"users\"?",
        ],
        Mistakes("""
            apiVersion: policy.admissionwebhook.dev/v1alpha1
            kind: TrafficPolicy
            metadata: {name: test}
            spec:
              namespaces: {selector: {matchExpressions: [{key: team, operator: In}]}}
              ingressClasses: {included: [nginx]}
              exempt: {serviceAccounts: [cert-manager, "system:serviceaccount:ops:deployer", ops/]}
              exemptions: {maxLifetime: 3 months}
              knownControllers: [cert-manager, cert-manger]
              rules:
                service-no-node-port: {ratchet: {until: 2027-01-01}}
                service-external-ips: {ratchet: {enable: false}}
                ingress-default-path-type: {ratchet: {enabled: false}}
                ingress-host-required: {exempt: {user: [alice]}}
            """));

    [Fact]
    public void Resolves_the_settings_of_a_policy_and_its_rules()
    {
        var policy = Objects.Policies("""
            apiVersion: policy.admissionwebhook.dev/v1alpha1
            kind: TrafficPolicy
            metadata: {name: test}
            spec:
              ingressClasses: {include: [nginx-*], exclude: [nginx-legacy]}
              exempt: {users: [alice]}
              exemptions: {maxLifetime: 90d}
              knownControllers: [cert-manager]
              rules:
                service-no-node-port: {ratchet: {enabled: true, until: 2027-01-01T00:00:00+01:00}, exempt: {groups: [platform]}}
                service-external-ips: {ratchet: {enabled: false}}
                service-external-name: {}
            """).Policies.Single();

        Assert.Equal("nginx-*", Assert.Single(policy.IngressClasses.Include));
        Assert.Equal("nginx-legacy", Assert.Single(policy.IngressClasses.Exclude));
        Assert.Equal("alice", Assert.Single(policy.Exempt.Users));
        Assert.Equal(TimeSpan.FromDays(90), policy.MaxExemptionLifetime);
        Assert.Equal(KnownController.CertManager, Assert.Single(policy.KnownControllers));
        Assert.Equal("platform", Assert.Single(policy.Rules[0].Exempt.Groups));
        Assert.Equal([new(true, new(2026, 12, 31, 23, 0, 0, TimeSpan.Zero)), new(false, null), Ratchet.Default], policy.Rules.Select(active => active.Ratchet));
    }

    [Fact]
    public void By_default_a_policy_covers_everything_and_exempts_nobody()
    {
        var policy = Objects.PolicyOf("service-no-node-port: {}").Policies.Single();

        Assert.Equal((NamespaceScope.All, ClassScope.All, IdentityScope.Nobody), (policy.Namespaces, policy.IngressClasses, policy.Exempt));
        Assert.Null(policy.MaxExemptionLifetime);
        Assert.Equal(KnownController.All, policy.KnownControllers);
    }

    [Theory]
    [InlineData("2026-12-31T23:59:59Z", true)]
    [InlineData("2027-01-01T00:00:00Z", false)]
    [InlineData("2027-01-01T00:30:00+01:00", true)]
    public void A_ratchet_applies_until_its_until(string now, bool applies)
    {
        var ratchet = Objects.PolicyOf("service-no-node-port: {ratchet: {until: 2027-01-01T00:00:00Z}}").Policies.Single().Rules.Single().Ratchet;

        Assert.Equal(applies, ratchet.AppliesAt(DateTimeOffset.Parse(now, System.Globalization.CultureInfo.InvariantCulture)));
        Assert.True(Ratchet.Default.AppliesAt(DateTimeOffset.MaxValue));
        Assert.False(new Ratchet(false, DateTimeOffset.MaxValue).AppliesAt(DateTimeOffset.MinValue));
    }

    [Theory]
    [InlineData("{apiVersion: v1, kind: Service, metadata: {name: web}}", "1: kind: must be TrafficPolicy or TrafficPolicyExemption, found \"Service\".")]
    [InlineData("{apiVersion: policy.admissionwebhook.dev/v1alpha1, kind: TrafficPolicy, metadata: {name: [a]}, spec: []}", "1: spec: must be a map, found [].")]
    [InlineData("{apiVersion: policy.admissionwebhook.dev/v1alpha1, kind: TrafficPolicy, metadata: {name: a}, spec: {rules: {ingress-tls-required: }}}", "1: spec.rules.ingress-tls-required: must not be empty; write {} for the default settings.")]
    [InlineData("{apiVersion: policy.admissionwebhook.dev/v1alpha1, kind: TrafficPolicy, metadata: {name: a}, spec: {rules: [ingress-tls-required]}}", "1: spec.rules: must be a map, found [\"ingress-tls-required\"].")]
    public void Rejects_a_document_of_another_shape(string yaml, string expected) => Assert.Contains(expected, Mistakes(yaml));

    [Fact]
    public void Rejects_two_policies_with_one_name()
    {
        var policy = "{apiVersion: policy.admissionwebhook.dev/v1alpha1, kind: TrafficPolicy, metadata: {name: same}, spec: {tellDefaults: true}}";

        Assert.Equal("2: metadata.name: name \"same\" is already used by another policy.", Assert.Single(Mistakes($"---\n{policy}\n---\n{policy.Replace("true", "false", StringComparison.Ordinal)}")));
    }

    [Fact]
    public void A_rule_without_settings_has_its_default_enforcement_and_parameters()
    {
        var active = Objects.PolicyOf("service-no-node-port: {}").Policies.Single().Rules.Single();

        Assert.Equal(Enforcement.Deny, active.Enforcement);
    }

    [Fact]
    public void Only_equal_policies_have_the_same_revision()
    {
        Assert.Equal(Objects.PolicyOf("service-no-node-port: {}").Revision, Objects.PolicyOf("service-no-node-port: {}").Revision);
        Assert.NotEqual(Objects.PolicyOf("service-no-node-port: {}").Revision, Objects.PolicyOf("service-no-node-port: {enforcement: Warn}").Revision);
    }

    [Fact]
    public void The_order_of_members_changes_neither_revision_nor_meaning()
    {
        var one = Objects.PolicyOf("ingress-default-class: {enforcement: Apply, parameters: {className: a, namespaces: {team-*: b, team-shop-*: c, '*': d}}}");
        var other = Objects.PolicyOf("ingress-default-class: {parameters: {namespaces: {'*': d, team-shop-*: c, team-*: b}, className: a}, enforcement: Apply}");

        var classes = new[] { one, other }.Select(policies => PolicyEngine.Decide(
            Objects.Create("{apiVersion: networking.k8s.io/v1, kind: Ingress, metadata: {name: web, namespace: team-shop-eu}, spec: {}}", AdmissionPhase.Mutating), policies, ClusterState.Empty).Patch.Single().Value.ToString());

        Assert.Equal(["c", "c"], classes);
        Assert.Equal(one.Revision, other.Revision);
    }

    [Fact]
    public void The_revision_covers_exemptions_but_not_what_the_API_server_adds()
    {
        var plain = Objects.Policies(Exemption("test", "shop"));

        Assert.Equal(plain.Revision, Objects.Policies(Exemption("test", "shop", ", resourceVersion: '7', uid: a, generation: 2", "status: {observedGeneration: 2}")).Revision);
        Assert.NotEqual(plain.Revision, Objects.Policies(Exemption("test", "shop", ", creationTimestamp: '2026-11-21T12:00:00Z'")).Revision);
        Assert.NotEqual(plain.Revision, Objects.Policies(Exemption("other", "shop")).Revision);
        Assert.NotEqual(plain.Revision, PolicySet.None.Revision);
    }

    [Fact]
    public void Accepts_exemptions_with_one_name_in_different_namespaces()
    {
        var exemptions = Objects.Policies($"{Exemption("same", "shop")}\n---\n{Exemption("same", "blog")}").Exemptions;

        Assert.Equal(["blog", "shop"], exemptions.Select(exemption => exemption.Namespace));
        Assert.Equal("9: metadata.name: name \"same\" is already used by another exemption.", Assert.Single(Mistakes($"{Exemption("same", "shop")}\n---\n{Exemption("same", "shop", status: "status: {}")}")));
    }

    [Fact]
    public void Selected_rules_run_at_their_strictest_or_as_the_policy_says()
    {
        var policies = Objects.PolicyOf("service-no-node-port: {enforcement: Warn}", "service-external-ips: {}");

        var asWanted = policies.Only(["service-no-node-port", "service-external-name"], enforcesAll: false);
        var strictest = policies.Only(["service-no-node-port"], enforcesAll: true);

        Assert.Equal(["service-no-node-port: Warn", "service-external-name: Deny"], asWanted.Policies.SelectMany(policy => policy.Rules).Select(active => $"{active.Rule.Id}: {active.Enforcement}"));
        Assert.Equal(Enforcement.Deny, strictest.Policies.SelectMany(policy => policy.Rules).Single().Enforcement);
    }

    private static string Exemption(string name, string @namespace, string metadata = "", string status = "") => $$"""
        apiVersion: policy.admissionwebhook.dev/v1alpha1
        kind: TrafficPolicyExemption
        metadata: {name: {{name}}, namespace: {{@namespace}}{{metadata}} }
        spec: {rules: [service-no-node-port], names: [debug], reason: Moved in spring, owner: team-shop, expiresAt: 2027-01-31T18:00:00Z}
        {{status}}
        """;

    private static IEnumerable<string> Mistakes(string yaml)
    {
        var errors = new List<SourceError>();
        Assert.Null(PolicySet.Read(Manifest.ReadAll("policy.yaml", yaml, errors), errors));
        return errors.OrderBy(error => error.Line).Select(error => $"{error.Line}: {error.Message}");
    }
}
