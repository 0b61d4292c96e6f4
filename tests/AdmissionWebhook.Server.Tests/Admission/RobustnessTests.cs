using System.Collections.Concurrent;
using System.Net;
using System.Text;
using System.Text.Json;

namespace AdmissionWebhook.Server.Tests.Admission;

public sealed class RobustnessTests(RunningServer server) : IClassFixture<RunningServer>
{
    private const int Count = 10_000;

    [Fact]
    public async Task Answers_or_rejects_each_of_ten_thousand_broken_reviews()
    {
        var answers = new ConcurrentDictionary<HttpStatusCode, int>();

        await Parallel.ForAsync(0, Count, new ParallelOptions { MaxDegreeOfParallelism = 16 }, async (seed, _) =>
        {
            var review = BrokenReview.Of(seed);
            using var answer = await server.PostAsync(seed % 4 == 0 ? "/mutate" : "/validate", new ByteArrayContent(review));
            var text = await answer.Content.ReadAsStringAsync(CancellationToken.None);

            answers.AddOrUpdate(answer.StatusCode, 1, (_, count) => count + 1);
            if (!IsGood(review, answer.StatusCode, text))
                Assert.Fail($"seed {seed}, {(int)answer.StatusCode}: {text}\n{Encoding.UTF8.GetString(review)}");
        });

        Assert.True(answers[HttpStatusCode.OK] > Count / 5, $"only {answers[HttpStatusCode.OK]} reviews were answered");
        Assert.True(answers[HttpStatusCode.BadRequest] > Count / 5, $"only {answers[HttpStatusCode.BadRequest]} reviews were refused");
        Assert.DoesNotContain(server.Log.Lines, line => line.StartsWith("Error", StringComparison.Ordinal));
    }

    private static bool IsGood(byte[] review, HttpStatusCode status, string text)
    {
        if (text.Contains("   at ", StringComparison.Ordinal) || text.Contains("Exception", StringComparison.Ordinal))
            return false;
        if (status != HttpStatusCode.OK)
            return status == HttpStatusCode.BadRequest;

        var answer = JsonNode.Parse(text)!;
        return (string?)answer["kind"] == "AdmissionReview"
            && (string?)answer["apiVersion"] == "admission.k8s.io/v1"
            && answer["response"]!["allowed"]!.GetValueKind() is JsonValueKind.True or JsonValueKind.False
            && UidsIn(review).Contains((string)answer["response"]!["uid"]!);
    }

    /// <summary>Several, where a key was doubled.</summary>
    private static List<string> UidsIn(byte[] review)
    {
        var uids = new List<string>();
        var json = new Utf8JsonReader(review, new JsonReaderOptions { MaxDepth = 1000 });
        while (json.Read())
        {
            var isUid = json.TokenType == JsonTokenType.PropertyName && json.ValueSpan.SequenceEqual("uid"u8);
            if (isUid && json.Read() && json.TokenType == JsonTokenType.String && !HasLoneSurrogate(json.ValueSpan))
                uids.Add(json.GetString()!);
        }

        return uids;
    }

    /// <summary>As <see cref="BrokenReview"/> writes it.</summary>
    private static bool HasLoneSurrogate(ReadOnlySpan<byte> text) => text.IndexOf("\\ud800"u8) >= 0;
}
