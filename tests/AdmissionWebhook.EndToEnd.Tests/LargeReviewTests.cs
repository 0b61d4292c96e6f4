using System.Net;
using AdmissionWebhook.EndToEnd.Tests.RollOut;

namespace AdmissionWebhook.EndToEnd.Tests;

public sealed class LargeReviewTests : IDisposable
{
    private const int Mebibyte = 1024 * 1024;

    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("large-reviews-");

    public void Dispose() => _folder.Delete(recursive: true);

    [Fact]
    public async Task A_small_heap_answers_the_largest_reviews_one_after_another()
    {
        await using var replica = await Replica.StartWithinAsync(
            144 * Mebibyte, Path.Combine(_folder.FullName, "audit.log"), "--Cluster:Source=Manifests", "--Certificate:Source=Ephemeral", $"--Webhook:MaxReviewBytes={20 * Mebibyte}");

        for (var review = 0; review < 20; review++)
        {
            using var answer = await replica.ReviewAsync(HttpVersion.Version11, padding: 18 * Mebibyte);

            Assert.True(answer.StatusCode == HttpStatusCode.OK, $"Review {review} was answered {answer.StatusCode}.");
        }
    }
}
