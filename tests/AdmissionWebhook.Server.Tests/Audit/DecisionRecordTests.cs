using System.Text;
using AdmissionWebhook.Policy.Configuration;
using AdmissionWebhook.Policy.Evaluation;
using AdmissionWebhook.Policy.Rules;
using AdmissionWebhook.Policy.Values;
using AdmissionWebhook.Server.Admission;
using AdmissionWebhook.Server.Audit;
using AdmissionWebhook.Server.Tests.Admission;
using AdmissionWebhook.TestSupport;

namespace AdmissionWebhook.Server.Tests.Audit;

public sealed class DecisionRecordTests : IDisposable
{
    private const string Exemption = """
        apiVersion: policy.admissionwebhook.dev/v1alpha1
        kind: TrafficPolicyExemption
        metadata: {name: legacy, namespace: shop}
        spec: {rules: [ingress-tls-required], names: [web], reason: The load balancer ends TLS, owner: shop, expiresAt: 2999-01-01T00:00:00Z}
        """;

    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task Records_a_denial_in_one_line_with_user_object_and_reason()
    {
        var line = Assert.Single(await RecordsOfAsync("/validate", Reviews.Of(Reviews.BadIngress, further: "\"dryRun\": true,")));

        var record = JsonNode.Parse(line)!.AsObject();
        Assert.True(DateTimeOffset.TryParse((string?)record["time"], out _));
        Assert.True((double)record["durationMs"]! > 0);
        record.Remove("time");
        record.Remove("durationMs");
        Assert.Equal(
            JsonNode.Parse($$"""
                {
                  "uid": "{{Reviews.Uid}}", "phase": "validating", "operation": "CREATE",
                  "apiVersion": "networking.k8s.io/v1", "kind": "Ingress", "namespace": "shop", "name": "web",
                  "user": "jane", "groups": ["developers"], "dryRun": true, "verdict": "denied",
                  "findings": [{"rule": "ingress-tls-required", "enforcement": "Deny", "status": "violated", "field": "spec.tls",
                                "message": "host \"shop.example.com\" is served without TLS; add it to spec.tls[].hosts."}],
                  "patch": [], "groupCount": 1, "findingCount": 1, "patchCount": 0, "policyRevision": "{{PolicySet.Default.Revision}}"
                }
                """)!.ToJsonString(),
            record.ToJsonString());
    }

    [Theory]
    [InlineData("uid")]
    [InlineData("operation")]
    [InlineData("group")]
    [InlineData("version")]
    [InlineData("kind")]
    [InlineData("namespace")]
    [InlineData("name")]
    [InlineData("subResource")]
    [InlineData("user")]
    public void Counts_the_memory_of_every_text_in_a_waiting_record(string text)
    {
        const int Length = 1000;
        var small = Weigh(new() { Uid = "" });
        var longText = new string('x', Length);

        var large = Weigh(text switch
        {
            "operation" => new() { Uid = "", Operation = longText },
            "group" => new() { Uid = "", Group = longText },
            "version" => new() { Uid = "", Version = longText },
            "kind" => new() { Uid = "", Kind = longText },
            "namespace" => new() { Uid = "", Namespace = longText },
            "name" => new() { Uid = "", Name = longText },
            "subResource" => new() { Uid = "", SubResource = longText },
            "user" => new() { Uid = "", User = new(longText, []) },
            _ => new() { Uid = longText },
        });

        Assert.InRange(large - small, 2 * Length - 50, 3 * Length);

        static int Weigh(AdmissionRequest request) => new DecisionRecord(DateTimeOffset.UnixEpoch, AdmissionPhase.Validating, request, Decision.Allow, "", TimeSpan.Zero).Weight;
    }

    [Fact]
    public async Task Records_a_late_denial_as_undelivered()
    {
        var file = _folder.PathOf("audit.log");

        var time = new RealTimers(TimeProvider.System.GetUtcNow());
        await using (var server = await RunningServer.StartAsync(time, ("Audit:File", file)))
        {
            var body = new StreamInTwoParts(Encoding.UTF8.GetBytes(Reviews.Of(Reviews.BadIngress)));
            using var slow = new HttpRequestMessage(HttpMethod.Post, new Uri(server.Webhook, "/validate")) { Content = new StreamContent(body), Headers = { ExpectContinue = true } };
            var asked = server.Client.SendAsync(slow);
            await body.FirstPartRead;
            time.Advance(TimeSpan.FromMinutes(1));
            body.Release();
            using var answer = await asked;
        }

        var record = JsonNode.Parse(Assert.Single(await File.ReadAllLinesAsync(file)))!;
        Assert.Equal("undelivered", (string?)record["verdict"]);
        Assert.Equal("ingress-tls-required", (string?)record["findings"]![0]!["rule"]);
    }

    [Fact]
    public async Task Records_and_counts_an_exempted_violation()
    {
        var policies = _folder.Write("policies.yaml", File.ReadAllText(Repository.PathOf("config", "policies", "organisation.yaml")) + "\n---\n" + Exemption);
        var file = _folder.PathOf("audit.log");

        await using (var server = await RunningServer.StartAsync(("Audit:File", file), ("Policy:Files", policies)))
        {
            Assert.True((bool)(await server.ReviewAsync("/validate", Reviews.Of(Reviews.BadIngress)))["allowed"]!);
            await server.UntilAsync("/metrics", "admission_webhook_exempted_findings_total{rule=\"ingress-tls-required\"} 1\n");
        }

        var record = JsonNode.Parse(Assert.Single(await File.ReadAllLinesAsync(file)))!;
        Assert.Equal("exempted", (string?)record["verdict"]);
        Assert.Equal("shop/legacy", (string?)record["findings"]![0]!["exemption"]);
        Assert.Equal("exempted", (string?)record["findings"]![0]!["status"]);
    }

    [Fact]
    public async Task Records_the_fields_that_a_mutation_fills()
    {
        var line = Assert.Single(await RecordsOfAsync("/mutate", Reviews.Sample("mutated")));

        Assert.Equal(
            """["/spec/ingressClassName","/spec/rules/0/http/paths/0/pathType","/spec/rules/0/http/paths/1/pathType"]""",
            JsonNode.Parse(line)!["patch"]!.ToJsonString());
    }

    [Fact]
    public async Task Control_characters_in_names_do_not_break_a_line()
    {
        const string Hostile = """we\nb\r\u0000\u0007\u001b[31m\u0085\u2028{x}""";

        var line = Assert.Single(await RecordsOfAsync("/validate", Reviews.Of(Reviews.BadIngress).Replace("\"web\", \"namespace\": \"shop\", \"operation\"", $"\"{Hostile}\", \"namespace\": \"shop\", \"operation\"", StringComparison.Ordinal)));

        Assert.Equal("we\nb\r\0\a\u001b[31m\u0085\u2028{x}", (string?)JsonNode.Parse(line)!["name"]);
        Assert.DoesNotContain(line, char.IsControl);
    }

    [Theory]
    [InlineData("we\\u202eb", "we\u202eb")]
    [InlineData("we\u202e\u2066b\u200f\ufeff", "we\u202e\u2066b\u200f\ufeff")]
    [InlineData("wéb\U000e0041 \\\\u202e", "wéb\U000e0041 \\u202e")]
    public async Task Escapes_characters_that_disguise_a_line(string sent, string name)
    {
        var line = Assert.Single(await RecordsOfAsync("/validate", Reviews.Of(Reviews.BadIngress).Replace("\"web\", \"namespace\": \"shop\", \"operation\"", $"\"{sent}\", \"namespace\": \"shop\", \"operation\"", StringComparison.Ordinal)));

        Assert.Equal(name, (string?)JsonNode.Parse(line)!["name"]);
        Assert.DoesNotContain(line.EnumerateRunes(), rune => System.Text.Rune.GetUnicodeCategory(rune) == System.Globalization.UnicodeCategory.Format);
    }

    [Theory]
    [InlineData("\u007f")]
    [InlineData("\u202e")]
    [InlineData("\U000e0041")]
    [InlineData("\"")]
    [InlineData("x")]
    public void The_largest_hostile_record_is_valid_JSON_of_at_most_64_KiB(string letter)
    {
        var hostile = string.Concat(Enumerable.Repeat(letter, 100_000));
        var findings = Enumerable.Range(0, 500).Select(i =>
            new Finding(RuleCatalog.All[0], new(FieldPath.Root / hostile / i, hostile, hostile), Enforcement.Deny, FindingStatus.Violated) { Exemption = hostile });
        var record = new DecisionRecord(
            DateTimeOffset.MaxValue,
            AdmissionPhase.Validating,
            new()
            {
                Uid = hostile,
                Group = hostile,
                Version = hostile,
                Kind = hostile,
                Namespace = hostile,
                Name = hostile,
                Operation = hostile,
                User = new(hostile, [.. Enumerable.Repeat(hostile, 1000)]),
            },
            new([.. findings], [.. Enumerable.Range(0, 500).Select(i => new PatchOperation(FieldPath.Root / hostile / i, JsonValue.Create("")))]),
            "0123456789ab",
            TimeSpan.FromSeconds(30));
        using var line = new AuditLine();

        var written = line.Of(record).ToArray();

        Assert.InRange(written.Length, 16 * 1024, DecisionRecord.LongestLine);
        var json = JsonNode.Parse(written)!;
        Assert.Equal((1000, 500, 500), ((int)json["groupCount"]!, (int)json["findingCount"]!, (int)json["patchCount"]!));
        Assert.NotEmpty(json["findings"]!.AsArray());
        Assert.NotEmpty(json["patch"]!.AsArray());
        Assert.NotEmpty(json["groups"]!.AsArray());
    }

    [Fact]
    public async Task Shortens_the_very_long_name_and_groups_of_a_user()
    {
        var groups = string.Join(',', Enumerable.Range(0, 100_000).Select(i => $"\"group-{i}\""));
        var hostile = Reviews.Of(Reviews.BadIngress)
            .Replace("\"jane\"", $"\"{new string('\u007f', 1_000_000)}\"", StringComparison.Ordinal)
            .Replace("[\"developers\"]", $"[{groups}]", StringComparison.Ordinal);

        var line = Assert.Single(await RecordsOfAsync("/validate", hostile));

        Assert.InRange(line.Length, 1, DecisionRecord.LongestLine);
        Assert.Equal(("denied", 1000), ((string?)JsonNode.Parse(line)!["verdict"], (int)JsonNode.Parse(line)!["groupCount"]!));
    }

    [Fact]
    public async Task Records_every_review_but_no_rejected_body()
    {
        var lines = await RecordsOfAsync("/validate", Reviews.Sample("allowed"), "{}", Reviews.Sample("delete"), Reviews.Of("{}", kind: "Gadget"));

        Assert.Equal(["allowed", "allowed", "allowed"], lines.Select(line => (string?)JsonNode.Parse(line)!["verdict"]));
    }

    private async Task<string[]> RecordsOfAsync(string path, params string[] reviews)
    {
        var file = _folder.PathOf("audit.log");
        await using (var server = await RunningServer.StartAsync(("Audit:File", file)))
        {
            foreach (var review in reviews)
            {
                using var answer = await server.PostAsync(path, review);
            }
        }

        return await File.ReadAllLinesAsync(file);
    }
}
