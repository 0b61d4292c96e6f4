using System.Security.Cryptography.X509Certificates;
using System.Text;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;

namespace AdmissionWebhook.EndToEnd.Tests;

/// <summary>What an API server makes of the answer that the webhook gives when it has too much to do. The webhook here has nothing else to say.</summary>
public sealed class OverloadTests(ControlPlane cluster) : IClassFixture<ControlPlane>
{
    [Fact]
    public async Task The_API_server_retries_and_the_user_gets_an_answer()
    {
        Assert.SkipUnless(ControlPlane.IsPresent, ControlPlane.Absent);
        await using var webhook = await OverloadedWebhook.StartAsync(refusals: 1);
        await webhook.RegisterAsync(cluster, "Fail");

        await cluster.KubectlAsync("", "create", "configmap", "asked-again");

        Assert.Equal(2, webhook.Calls);
    }

    [Theory]
    [InlineData("Fail", false)]
    [InlineData("Ignore", true)]
    public async Task The_failurePolicy_decides_after_the_retries(string failurePolicy, bool expected)
    {
        Assert.SkipUnless(ControlPlane.IsPresent, ControlPlane.Absent);
        await using var webhook = await OverloadedWebhook.StartAsync(refusals: int.MaxValue);
        await webhook.RegisterAsync(cluster, failurePolicy);

        var (exitCode, output) = await cluster.TryKubectlAsync("", "create", "configmap", $"decided-by-{failurePolicy.ToLowerInvariant()}");

        Assert.True(exitCode == 0 == expected, output);
        Assert.InRange(webhook.Calls, 2, 4);
    }

    private sealed class OverloadedWebhook : IAsyncDisposable
    {
        private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("overloaded-");
        private readonly TestCertificates _certificates;
        private readonly WebApplication _app;
        private ControlPlane? _cluster;
        private int _calls;

        private OverloadedWebhook(int refusals)
        {
            _certificates = new(_folder.FullName);
            var (certificate, key) = _certificates.Issue("webhook", "CN=webhook");
            var builder = WebApplication.CreateSlimBuilder();
            builder.WebHost.UseKestrelHttpsConfiguration().ConfigureKestrel(kestrel => kestrel.Listen(System.Net.IPAddress.Loopback, 0, listen => listen.UseHttps(X509Certificate2.CreateFromPemFile(certificate, key))));
            _app = builder.Build();
            _app.MapPost("/", context => AnswerAsync(context, refusals));
        }

        public int Calls => Volatile.Read(ref _calls);

        public static async Task<OverloadedWebhook> StartAsync(int refusals)
        {
            var webhook = new OverloadedWebhook(refusals);
            await webhook._app.StartAsync();
            return webhook;
        }

        public async Task RegisterAsync(ControlPlane cluster, string failurePolicy)
        {
            _cluster = cluster;
            var address = new Uri(_app.Urls.Single());
            await cluster.KubectlAsync(
                $$"""
                apiVersion: admissionregistration.k8s.io/v1
                kind: ValidatingWebhookConfiguration
                metadata: {name: overloaded}
                webhooks:
                  - name: overloaded.example.com
                    admissionReviewVersions: [v1]
                    sideEffects: None
                    timeoutSeconds: 3
                    failurePolicy: {{failurePolicy}}
                    clientConfig: {url: "https://localhost:{{address.Port}}/", caBundle: {{Convert.ToBase64String(Encoding.UTF8.GetBytes(_certificates.AuthorityPem))}} }
                    rules: [{apiGroups: [""], apiVersions: [v1], resources: [configmaps], operations: [CREATE]}]
                """, "apply", "-f", "-");
            await cluster.UntilAsync("the registration is in effect", async () =>
            {
                await cluster.TryKubectlAsync("", "create", "configmap", $"probe-{Guid.NewGuid():N}", "--dry-run=server");
                return Calls > 0;
            });
            Volatile.Write(ref _calls, 0);
        }

        public async ValueTask DisposeAsync()
        {
            if (_cluster is not null)
                await _cluster.KubectlAsync("", "delete", "validatingwebhookconfiguration", "overloaded");
            await _app.DisposeAsync();
            _certificates.Dispose();
            _folder.Delete(recursive: true);
        }

        private async Task AnswerAsync(HttpContext context, int refusals)
        {
            var review = await JsonNode.ParseAsync(context.Request.Body);
            if (Interlocked.Increment(ref _calls) <= refusals)
            {
                context.Response.StatusCode = StatusCodes.Status429TooManyRequests;
                context.Response.Headers.RetryAfter = "1";
                return;
            }

            await context.Response.WriteAsync($$"""{"apiVersion": "admission.k8s.io/v1", "kind": "AdmissionReview", "response": {"uid": "{{review!["request"]!["uid"]}}", "allowed": true} }""");
        }
    }
}
