using System.Globalization;
using System.Net;
using System.Text;
using System.Text.Json.Nodes;
using AdmissionWebhook.EndToEnd.Tests.RollOut;
using AdmissionWebhook.TestSupport;
using DotNet.Testcontainers.Configurations;

namespace AdmissionWebhook.EndToEnd.Tests.Image;

/// <summary>The image as it is shipped, with no more privileges than the chart gives it.</summary>
public sealed class ImageTests(BuiltImage image, ITestOutputHelper output) : IClassFixture<BuiltImage>
{
    private const int Mebibyte = 1024 * 1024;
    private const int Callers = 8;
    private const int ReviewsOfCaller = 4;

    [Theory]
    [InlineData("allowed", null)]
    [InlineData("denied", "[ingress-tls-required]")]
    public async Task The_image_answers_reviews_over_TLS(string sample, string? violated)
    {
        Assert.SkipUnless(image.IsPresent, image.Absent);
        await using var server = await ServerContainer.StartAsync(image);

        using var answer = await server.ReviewAsync(sample);

        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        var response = JsonNode.Parse(await answer.Content.ReadAsStringAsync())!["response"]!;
        Assert.Equal(violated is null, (bool)response["allowed"]!);
        Assert.Contains(violated ?? "", (string?)response["status"]?["message"] ?? "", StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_stop_fails_no_call_and_ends_within_the_grace_period()
    {
        Assert.SkipUnless(image.IsPresent, image.Absent);
        await using var leaving = await ServerContainer.StartAsync(image);
        await using var staying = await ServerContainer.StartAsync(image);
        await using var balancer = new Balancer(lag: TimeSpan.FromMilliseconds(500));
        await balancer.AddAsync(leaving.Port, leaving.Readyz);
        await balancer.AddAsync(staying.Port, staying.Readyz);
        await using var load = new AdmissionLoad(balancer.Port, leaving.Authority, staying.Authority);
        await load.GoOnAsync(300);
        var review = await File.ReadAllTextAsync(Repository.PathOf("config", "samples", "reviews", "allowed.json"));
        await using var underWay = await StopTests.SendAsync(
            leaving.Port, $"POST /validate HTTP/1.1\r\nHost: localhost\r\nContent-Length: {review.Length}\r\n\r\n{review[..100]}");

        var begin = TimeProvider.System.GetTimestamp();
        var stop = leaving.StopAsync();
        await leaving.UntilAsync(HttpStatusCode.ServiceUnavailable);
        await underWay.WriteAsync(Encoding.ASCII.GetBytes(review[100..]));
        using var answer = new StreamReader(underWay);
        var status = await answer.ReadLineAsync();
        var exitCode = await stop;
        var duration = TimeProvider.System.GetElapsedTime(begin);
        await load.GoOnAsync(300);
        await load.StopAsync();

        output.WriteLine($"Ended with {exitCode} after {duration.TotalSeconds:0.0} s: {load.Answered} calls were answered, {load.Failures.Count} failed.");
        Assert.Equal("HTTP/1.1 200 OK", status);
        Assert.Empty(load.Failures);
        Assert.True(exitCode == 0, await leaving.LogsAsync());
        Assert.InRange(duration.TotalSeconds, ServerContainer.DrainSeconds, ServerContainer.Pod.TerminationGracePeriodSeconds!.Value);
    }

    [Fact]
    public async Task Stays_within_its_memory_limit_under_many_of_the_largest_reviews()
    {
        Assert.SkipUnless(image.IsPresent, image.Absent);
        await using var server = await ServerContainer.StartAsync(image);
        var started = await server.ResidentAsync();

        var callers = Enumerable.Range(0, Callers).Select(_ => CallAsync(server));
        var answers = (await Task.WhenAll(callers).WaitAsync(TimeSpan.FromMinutes(3))).SelectMany(each => each).CountBy(status => status);

        var loaded = await server.ResidentAsync();
        output.WriteLine($"Resident memory: {started} MiB after the start, {loaded} MiB after the load. Answers: {string.Join(", ", answers)}.");
        Assert.Equal("running false", await Docker.RunAsync("inspect", "--format={{.State.Status}} {{.State.OOMKilled}}", server.Id));
        using var afterwards = await server.ReviewAsync("allowed");
        Assert.Equal(HttpStatusCode.OK, afterwards.StatusCode);
    }

    [Theory]
    [InlineData("/bin/sh", "-c", "exit 0")]
    [InlineData("/bin/bash", "-c", "exit 0")]
    [InlineData("/bin/busybox", "true")]
    public async Task The_image_has_no_shell(params string[] command)
    {
        Assert.SkipUnless(image.IsPresent, image.Absent);
        await using var server = await ServerContainer.StartAsync(image);

        var itsOwn = await server.ExecAsync("/app/admission-webhook", "--version");
        var shell = await server.ExecAsync(command);

        Assert.True(itsOwn.ExitCode == 0, itsOwn.Stdout + itsOwn.Stderr);
        Assert.True(shell.ExitCode is 126 or 127, $"{shell.ExitCode}: {shell.Stdout}{shell.Stderr}");
    }

    [Fact]
    public async Task The_image_runs_as_the_user_of_the_chart_without_writable_files()
    {
        Assert.SkipUnless(image.IsPresent, image.Absent);
        await using var server = await ServerContainer.StartAsync(image);

        using var answer = await server.ReviewAsync("allowed");

        var user = (string)(await image.InspectAsync())["Config"]!["User"]!;
        Assert.NotEqual(0, int.Parse(user, CultureInfo.InvariantCulture));
        Assert.Equal(ServerContainer.Pod.SecurityContext.RunAsUser, long.Parse(user, CultureInfo.InvariantCulture));
        Assert.Equal(user, await server.ProcessAsync("uid"));
        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        const string Confinement = "{{.HostConfig.ReadonlyRootfs}} {{.HostConfig.CapDrop}} {{.HostConfig.SecurityOpt}}";
        const string Writable = "{{len .HostConfig.Tmpfs}} [{{range .Mounts}}{{.RW}}{{end}}]";
        Assert.Equal("true [ALL] [no-new-privileges] 0 [false]", await Docker.RunAsync("inspect", $"--format={Confinement} {Writable}", server.Id));
    }

    [Theory]
    [InlineData("good", 0, "3 allowed, 1 not judged")]
    [InlineData("broken", 1, "9 denied")]
    [InlineData("absent", 2, "does not exist")]
    public async Task The_image_checks_manifests(string manifests, long expected, string summary)
    {
        Assert.SkipUnless(image.IsPresent, image.Absent);
        await using var check = ServerContainer.Confined(image)
            .WithBindMount(Repository.PathOf("config", "samples"), "/manifests", AccessMode.ReadOnly)
            .WithEntrypoint("/app/admission-webhook")
            .WithCommand("check", $"/manifests/{manifests}", "--cluster", "/manifests/cluster")
            .Build();

        await check.StartAsync();

        var exitCode = await check.GetExitCodeAsync();
        var (report, errors) = await check.GetLogsAsync();
        Assert.True(exitCode == expected, report + errors);
        Assert.Contains(summary, report + errors, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_image_reports_its_version_and_commit()
    {
        Assert.SkipUnless(image.IsPresent, image.Absent);

        var inspected = await image.InspectAsync();

        output.WriteLine($"Size of the image: {(long)inspected["Size"]! / Mebibyte} MiB.");
        var labels = inspected["Config"]!["Labels"]!;
        var version = System.Xml.Linq.XDocument.Load(Repository.PathOf("Directory.Build.props")).Descendants("Version").Single().Value;
        Assert.Equal(version, (string?)labels["org.opencontainers.image.version"]);
        Assert.Equal(BuiltImage.Revision, (string?)labels["org.opencontainers.image.revision"]);
    }

    /// <summary>Sends one review of the largest size after the other. As an API server it asks again when it is told to come later.</summary>
    /// <returns>Every answer that it got.</returns>
    private static async Task<IReadOnlyList<HttpStatusCode>> CallAsync(ServerContainer server)
    {
        var statuses = new List<HttpStatusCode>();
        while (statuses.Count(status => status == HttpStatusCode.OK) < ReviewsOfCaller)
        {
            // The sample itself needs a few of the 20 MiB.
            using var answer = await server.ReviewAsync("allowed", padding: (20 * Mebibyte) - 8192);
            statuses.Add(answer.StatusCode);

            // On a busy machine a body can also take longer than Webhook:BodyTimeout.
            Assert.True(statuses[^1] is HttpStatusCode.OK or HttpStatusCode.TooManyRequests or HttpStatusCode.RequestTimeout, $"{statuses[^1]}");
            await Task.Delay(answer.Headers.RetryAfter?.Delta ?? TimeSpan.Zero);
        }

        return statuses;
    }
}
