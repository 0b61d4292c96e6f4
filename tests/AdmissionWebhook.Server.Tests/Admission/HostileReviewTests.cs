using System.Buffers;
using System.Globalization;
using System.Text;
using AdmissionWebhook.Policy.Configuration;
using AdmissionWebhook.Policy.Controllers;
using AdmissionWebhook.Policy.Evaluation;
using AdmissionWebhook.Policy.Kinds;
using AdmissionWebhook.Policy.Manifests;
using AdmissionWebhook.Policy.State;
using AdmissionWebhook.Server.Admission;
using AdmissionWebhook.TestSupport;
using Microsoft.AspNetCore.Http;

namespace AdmissionWebhook.Server.Tests.Admission;

/// <summary>
/// Reviews that no API server sends and every caller can: samples with hostile values, keys that stand twice, and hostile JSON inside annotations. The variable HOSTILE_REVIEWS says how
/// many; a million takes some minutes. Nothing else runs beside them, because they look at the memory of the whole process.
/// </summary>
[CollectionDefinition(nameof(HostileReviewTests), DisableParallelization = true), Collection(nameof(HostileReviewTests))]
public sealed class HostileReviewTests
{
    /// <summary>Raw JSON, some of which no JSON library would write.</summary>
    private static readonly string[] Values =
    [
        "null", "true", "0", "-1", "1e999", "-0.0", "123456789012345678901234567890", "\"\"", "\"*\"", "\"*.\"", "\"/\"", "[]", "{}", "[[[[]]]]", "[null]", "{\"\":null}", "\"\\ud800\"", "\"\\udc00\\ud800\"",
        "\"\\u0000\\u007f\\u202e\"", "{\"a\":1,\"a\":2}", "{\"\\ud800\":1}", "\"a.b.c.\"", "\"ＡＢ.example.com\"", "\"1.2.3.4\"", "\"[::1]\"", "\"-\"", "[\"\\ud800\",\"\"]",
    ];

    /// <summary>Texts of annotations.</summary>
    private static readonly string[] Texts =
    [
        """[{\"HTTP\":80}]""", """[{\"HTTPS\":443},{\"HTTP\":80}]""", """[{\"\\ud800\":80}]""", """[{\"HTTP\":1e999,\"HTTP\":\"x\"}]""", """{\"a\":{\"a\":{\"a\":[[[[[[[[[[]]]]]]]]]]}}}""", "[[[[[[[[[[[[[[[[[[[[", "{", "true", "false", "yes", "-1",
        "99999999999999999999", "(a+)+$", "((((((((((", "[a-", "a{1,100000}", "~^(.*)$", ",,,,", "a.example.com,*.b.example.com, ,-", "http://169.254.169.254/x", "https://$host:99999/%zz", "\\ud800", "\\u0000", "../../etc/passwd",
        "10.0.0.0/8,::/0,x/99,/", "CN=(?=x)", "edge", "5m", "1e400", "\\uD83D\\uDE00", "ﬀ",
    ];

    private static readonly ImmutableArray<Sample> Samples = ReadSamples();

    private static readonly string[] Annotations =
        [.. IngressController.All.SelectMany(known => known.Annotations.ByName.Keys).Concat(ExternalDns.Annotations), "kubernetes.io/ingress.class", "cert-manager.io/issuer", "acme.cert-manager.io/http01-solver"];

    private static readonly ImmutableArray<PolicySet> Policies =
        [.. new[] { "organisation", "strict", "observe" }.Select(name => Objects.Policies(File.ReadAllText(Repository.PathOf("config", "policies", name + ".yaml")))), .. Samples.Select(sample => sample.Policies).OfType<PolicySet>().DistinctBy(set => set.Revision)];

    private static int Count => int.TryParse(Environment.GetEnvironmentVariable("HOSTILE_REVIEWS"), CultureInfo.InvariantCulture, out var count) ? count : 20_000;

    [Fact]
    public void Answers_each_hostile_review_and_no_rule_fails_on_any()
    {
        var random = new Random(20261130);
        var others = new KubernetesObject[64];
        var answer = new ArrayBufferWriter<byte>();
        var (answered, refused, memory) = (0, 0, 0L);
        for (var round = 0; round < Count; round++)
        {
            var review = Encoding.UTF8.GetBytes(Review(Samples[random.Next(Samples.Length)], random));
            try
            {
                var read = ReviewReader.Read(review);
                if (read.Object is { } known)
                    others[random.Next(others.Length)] = known;
                var cluster = ClusterState.Empty.With(others.OfType<KubernetesObject>());
                foreach (var policies in (ReadOnlySpan<PolicySet>)[Policies[round % 3], Policies[random.Next(Policies.Length)]])
                {
                    foreach (var phase in Enum.GetValues<AdmissionPhase>())
                    {
                        var decision = PolicyEngine.Decide(read.ToSubject(phase, DateTimeOffset.UnixEpoch), policies, cluster);
                        answer.ResetWrittenCount();
                        AdmissionResponse.Write(answer, read.Request, decision, policies.Revision, null, out _);
                        Assert.DoesNotContain(decision.Findings, finding => finding.Status == FindingStatus.Failed);
                    }
                }

                answered++;
            }
            catch (BadHttpRequestException)
            {
                refused++;
            }

            if (round == Count / 10)
                memory = GC.GetTotalMemory(forceFullCollection: true);
        }

        Assert.True(answered > Count / 2, $"{answered} were answered, {refused} refused.");
        var grown = GC.GetTotalMemory(forceFullCollection: true) - memory;
        Assert.True(grown < 8 * 1024 * 1024, $"{grown} bytes more than after the first tenth.");
    }

    private static string Review(Sample sample, Random random)
    {
        var (now, old) = (Hostile(sample.Json, random), random.Next(2) == 0 ? sample.Json : Hostile(sample.Json, random));
        var operation = random.Next(4) switch { 0 => "CREATE", 1 => "DELETE", _ => "UPDATE" };
        return $$"""
            {"apiVersion":"admission.k8s.io/v1","kind":"AdmissionReview","request":{"uid":"u","kind":{"group":"{{sample.Group}}","version":"v1","kind":"{{sample.Kind}}"},"namespace":"shop","name":"web",
            "operation":"{{operation}}","userInfo":{"username":"jane","groups":["a",{{(random.Next(50) == 0 ? "null" : "\"b\"")}}]},"object":{{(operation == "DELETE" ? "null" : now)}},"oldObject":{{(operation == "CREATE" ? "null" : old)}} } }
            """;
    }

    /// <summary>Changed as JSON first, with marks where raw text goes, which is put there afterwards.</summary>
    private static string Hostile(string json, Random random)
    {
        var root = JsonNode.Parse(json)!;
        for (var changes = random.Next(4); changes > 0; changes--)
            Change(root, random);
        if (random.Next(2) == 0 && root["metadata"] is JsonObject metadata)
        {
            var annotations = metadata["annotations"] as JsonObject ?? [];
            metadata["annotations"] = annotations.Parent is null ? annotations : annotations.DeepClone();
            for (var more = random.Next(1, 5); more > 0; more--)
                metadata["annotations"]![Annotations[random.Next(Annotations.Length)].Replace("*", "x", StringComparison.Ordinal)] = Mark('t', random.Next(Texts.Length));
        }

        var text = new StringBuilder(root.ToJsonString());
        for (var i = 0; i < Values.Length; i++)
            text.Replace($"\"{Mark('v', i)}\"", Values[i]);
        for (var i = 0; i < Texts.Length; i++)
            text.Replace(Mark('t', i), Texts[i]);
        if (random.Next(10) == 0)
            text.Replace("\"spec\":", random.Next(2) == 0 ? "\"spec\":null,\"spec\":" : "\"Spec\":{},\"spec\":");
        if (random.Next(40) == 0)
            text.Insert(text.Length - 1, $",\"x\":{new string('[', 3000)}{new string(']', 3000)}");
        return text.ToString();
    }

    private static string Mark(char sort, int index) => $"@{sort}{index.ToString(CultureInfo.InvariantCulture)}@";

    private static void Change(JsonNode node, Random random)
    {
        JsonNode value = Mark('v', random.Next(Values.Length));
        switch (node)
        {
            case JsonObject { Count: > 0 } map:
                var (name, member) = map.ElementAt(random.Next(map.Count));
                if (member is JsonObject { Count: > 0 } or JsonArray { Count: > 0 } && random.Next(5) > 0)
                    Change(member, random);
                else
                    map[name] = value;
                break;
            case JsonArray { Count: > 0 } list:
                var index = random.Next(list.Count);
                if (list[index] is JsonObject or JsonArray && random.Next(5) > 0)
                    Change(list[index]!, random);
                else
                    list[index] = value;
                break;
        }
    }

    private static ImmutableArray<Sample> ReadSamples()
    {
        var samples = ImmutableArray.CreateBuilder<Sample>();
        foreach (var file in Directory.EnumerateFiles(Repository.PathOf("tests", "AdmissionWebhook.Policy.Tests", "Samples"), "*.yaml", SearchOption.AllDirectories).Order(StringComparer.Ordinal))
        {
            var manifests = Manifest.ReadAll(file, File.ReadAllText(file), []);
            var policies = PolicySet.Read(manifests.Where(manifest => manifest.KindName == PolicyDocument.SupportedKind), []);
            samples.AddRange(manifests.Where(manifest => manifest.Kind is { IsJudged: true }).Select(manifest =>
                new Sample(manifest.Kind!.Name, manifest.ApiVersion.Contains('/', StringComparison.Ordinal) ? manifest.ApiVersion.Split('/')[0] : "", Encoding.UTF8.GetString(manifest.Json.AsSpan()), policies)));
        }

        return samples.ToImmutable();
    }

    private sealed record Sample(string Kind, string Group, string Json, PolicySet? Policies);
}
