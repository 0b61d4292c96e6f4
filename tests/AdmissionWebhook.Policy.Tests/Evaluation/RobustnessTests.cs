using System.Text;
using System.Text.Json.Nodes;
using AdmissionWebhook.Policy.Configuration;
using AdmissionWebhook.Policy.Evaluation;
using AdmissionWebhook.Policy.Kinds;
using AdmissionWebhook.Policy.Rules;
using AdmissionWebhook.Policy.State;
using AdmissionWebhook.TestSupport;

namespace AdmissionWebhook.Policy.Tests.Evaluation;

public sealed class RobustnessTests
{
    private static readonly string[] Values =
        ["null", "{}", "[]", "\"\"", "\"*\"", "\".\"", "\"*.\"", "\"/\"", "0", "-1", "80", "1e999", "true", "[null]", "[[]]", "[\"\"]", "{\"\":{}}", "\"ﬀ\\u0000\"", "99999999999999999999"];

    [Fact]
    public void No_rule_fails_on_an_object_with_changed_fields()
    {
        var samples = RuleSample.Files.Select(RuleSample.Read).ToList();
        var everything = samples.Select(sample => sample.Policies).Append(PolicySet.Default).ToList();
        var random = new Random(20261121);

        for (var round = 0; round < 20_000; round++)
        {
            var sample = samples[random.Next(samples.Count)];
            var changed = Read(sample, random);
            var other = Read(samples[random.Next(samples.Count)], random);
            var cluster = ClusterState.Empty.With(changed, other);
            var subject = SubjectOf(round, changed, sample.Subject.Target!) with { Phase = sample.Rule.Phase };

            var decisions = new[] { sample.Policies, everything[random.Next(everything.Count)] }.Select(policies => PolicyEngine.Decide(subject, policies, cluster));

            Assert.All(decisions, decision => Assert.DoesNotContain(decision.Findings, finding => finding.Status == FindingStatus.Failed));
        }

        Assert.Equal(RuleCatalog.All.Length, samples.Select(sample => sample.Rule).Distinct().Count());
    }

    [Fact]
    public void No_rule_fails_on_hostile_JSON_in_annotations()
    {
        var everything = PolicySet.Default with { Policies = [.. RuleSample.Files.Select(RuleSample.Read).SelectMany(sample => sample.Policies.Policies)] };
        var cluster = ClusterState.Empty.With(Objects.All("""
            {apiVersion: networking.k8s.io/v1, kind: IngressClass, metadata: {name: alb}, spec: {controller: ingress.k8s.aws/alb}}
            ---
            {apiVersion: networking.k8s.io/v1, kind: IngressClass, metadata: {name: gce}, spec: {controller: k8s.io/ingress-gce}}
            """));

        foreach (var hostile in SchemaValues.HostileJson)
        {
            foreach (var (className, annotation) in new[] { ("alb", "listen-ports"), ("alb", "auth-idp-oidc"), ("alb", "jwt-validation"), ("alb", "actions.web"), ("gce", "listen-ports") })
            {
                var json = new JsonObject
                {
                    ["metadata"] = new JsonObject { ["name"] = "web", ["namespace"] = "shop", ["annotations"] = new JsonObject { [$"alb.ingress.kubernetes.io/{annotation}"] = hostile } },
                    ["spec"] = JsonNode.Parse("""{"ingressClassName":"CLASS","rules":[{"host":"a.example.com","http":{"paths":[{"path":"/","backend":{"service":{"name":"web","port":{"number":80}}}}]}}]}""".Replace("CLASS", className, StringComparison.Ordinal)),
                };
                var service = new JsonObject
                {
                    ["metadata"] = new JsonObject { ["name"] = "web", ["namespace"] = "shop", ["annotations"] = new JsonObject { ["cloud.google.com/app-protocols"] = hostile } },
                    ["spec"] = JsonNode.Parse("""{"ports":[{"name":"web","port":80,"appProtocol":"https"}]}"""),
                };
                var ingress = ResourceKind.Ingress.Read(Encoding.UTF8.GetBytes(json.ToJsonString()));

                var decision = PolicyEngine.Decide(new() { Operation = Operation.Create, Object = ingress }, everything, cluster.With(ResourceKind.Service.Read(Encoding.UTF8.GetBytes(service.ToJsonString()))));

                Assert.DoesNotContain(decision.Findings, finding => finding.Status == FindingStatus.Failed);
                Assert.Contains(decision.Findings, finding => finding.Rule.Id == "ingress-tls-required");
            }
        }
    }

    private static Subject SubjectOf(int round, KubernetesObject changed, KubernetesObject old) => (round % 4) switch
    {
        0 => new() { Operation = Operation.Create, Object = changed },
        1 => new() { Operation = Operation.Update, Object = changed, OldObject = old },
        2 => new() { Operation = Operation.Delete, OldObject = changed },
        _ => Subject.OfAudit(changed, DateTimeOffset.MaxValue),
    };

    private static KubernetesObject Read(RuleSample sample, Random random)
    {
        var json = JsonNode.Parse(sample.Manifest.Json)!;
        for (var changes = random.Next(1, 4); changes > 0; changes--)
            Change(json, random);
        return sample.Manifest.Kind!.Read(Encoding.UTF8.GetBytes(json.ToJsonString()), sample.Manifest.ApiVersion, "default");
    }

    private static void Change(JsonNode node, Random random)
    {
        var value = JsonNode.Parse(Values[random.Next(Values.Length)]);
        switch (node)
        {
            case JsonObject { Count: > 0 } map:
                var (name, member) = map.ElementAt(random.Next(map.Count));
                if (member is not null && random.Next(4) > 0)
                    Change(member, random);
                else if (random.Next(3) == 0)
                    map.Remove(name);
                else
                    map[name] = value;
                break;
            case JsonArray { Count: > 0 } list:
                var index = random.Next(list.Count);
                if (list[index] is { } item && random.Next(4) > 0)
                    Change(item, random);
                else
                    list[index] = value;
                break;
        }
    }
}
