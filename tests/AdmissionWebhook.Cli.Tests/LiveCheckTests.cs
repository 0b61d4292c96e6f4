using AdmissionWebhook.Cli.Clusters;
using AdmissionWebhook.KubernetesApi.Configuration;
using AdmissionWebhook.Policy.Kinds;

namespace AdmissionWebhook.Cli.Tests;

public sealed class LiveCheckTests
{
    [Fact]
    public async Task What_exists_is_looked_up_in_the_cluster_and_what_is_nowhere_is_missing()
    {
        await using var server = await LiveServer.StartAsync();

        Assert.Empty(server.Check(Manifests.Ingress("web", "number: 80"), "--output", "json").Violated());
        Assert.Equal(["ingress-backend-port-exists"], server.Check(Manifests.Ingress("web", "number: 8080"), "--output", "json").Violated());
        Assert.Equal(["ingress-backend-service-exists"], server.Check(Manifests.Ingress("elsewhere", "number: 80"), "--output", "json").Violated());
    }

    [Fact]
    public async Task An_object_that_exists_is_updated_unless_the_operation_is_said()
    {
        await using var server = await LiveServer.StartAsync(Manifests.AllocatedNodePort);
        var other = Manifests.AllocatedNodePort.Replace("edge", "other", StringComparison.Ordinal);

        Assert.Equal(0, server.Check(Manifests.AllocatedNodePort).ExitCode);
        Assert.Equal(0, server.Check(Manifests.AllocatedNodePort, "--operation", "UPDATE").ExitCode);
        Assert.Equal(1, server.Check(Manifests.AllocatedNodePort, "--operation", "CREATE").ExitCode);
        Assert.Equal(1, server.Check(other).ExitCode);
    }

    [Fact]
    public async Task An_old_copy_that_is_given_counts_more_than_the_one_in_the_cluster()
    {
        await using var server = await LiveServer.StartAsync(Manifests.AllocatedNodePort);
        var old = server.Write("old.yaml", Manifests.AllocatedNodePort.Replace("30080", "30081", StringComparison.Ordinal));

        Assert.Equal(1, server.Check(Manifests.AllocatedNodePort, "--old", old).ExitCode);
    }

    [Fact]
    public async Task An_object_that_names_no_namespace_belongs_to_that_of_the_context()
    {
        await using var server = await LiveServer.StartAsync();
        var manifest = Manifests.Ingress("web", "number: 80", space: null);

        Assert.Equal(0, server.Check(manifest).ExitCode);
        Assert.Equal(1, server.Check(manifest, "--namespace", "default").ExitCode);
    }

    [Fact]
    public async Task A_kind_that_may_not_be_listed_is_told_once_and_denies_nothing()
    {
        await using var server = await LiveServer.StartAsync();
        server.Api.Faults.AnswerAlways("/api/v1/services", 403, "Forbidden");

        var dangling = Manifests.Ingress("elsewhere", "number: 80");

        var run = server.Check(Manifests.Bundle(dangling, dangling), "--fail-on", "audit");

        Assert.Equal(0, run.ExitCode);
        Assert.Contains("2 not checked", run.Output, StringComparison.Ordinal);
        Assert.DoesNotContain("--cluster", run.Output, StringComparison.Ordinal);
        Assert.Equal($"warning: {server.Api.Address}: cannot list services, so rules cannot check them: Forbidden on purpose", Assert.Single(run.ErrorLines));
    }

    [Fact]
    public async Task Kinds_that_nothing_hangs_on_are_not_listed()
    {
        await using var server = await LiveServer.StartAsync();

        server.Check(Manifests.NodePort, "--only", "service-no-node-port");

        Assert.Equal("GET /api/v1/services?limit=1000", Assert.Single(server.Api.Requests));
    }

    [Fact]
    public async Task Secrets_that_are_checked_are_not_asked_for()
    {
        await using var server = await LiveServer.StartAsync();
        var secret = "{apiVersion: v1, kind: Secret, metadata: {name: web-tls, namespace: shop}, type: kubernetes.io/tls}";

        var run = server.Check(Manifests.Bundle(secret, Manifests.NodePort), "--only", "service-no-node-port");

        Assert.Contains("2 objects: 1 denied.", run.Output, StringComparison.Ordinal);
        Assert.Equal("GET /api/v1/services?limit=1000", Assert.Single(server.Api.Requests));
    }

    [Theory]
    [InlineData(500, "InternalError")]
    [InlineData(401, "Unauthorized")]
    [InlineData(404, "NotFound")]
    public async Task Whatever_else_the_server_refuses_is_unusable_input(int code, string reason)
    {
        await using var server = await LiveServer.StartAsync();
        server.Api.Faults.AnswerAlways("/apis/networking.k8s.io/v1/ingresses", code, reason);
        server.Api.Faults.AnswerAlways("/apis/networking.k8s.io/v1/ingressclasses", code, reason);

        var run = server.Check(Manifests.Ingress("web", "number: 80"));

        Assert.Equal((2, ""), (run.ExitCode, run.Output));
        Assert.Equal($"{server.Api.Address}: cannot list ingresses, ingressclasses: {reason} on purpose", Assert.Single(run.ErrorLines));
    }

    [Fact]
    public async Task A_server_that_falls_silent_is_given_up()
    {
        await using var server = await LiveServer.StartAsync();
        server.Api.Faults.FallSilent();
        var cluster = new LiveCluster(new ApiServer { Address = server.Api.Address }) { Patience = TimeSpan.FromMilliseconds(200) };
        var (mistakes, streams) = (new List<string>(), new Streams(TextReader.Null, TextWriter.Null, TextWriter.Null, IsTerminal: false));

        var read = await cluster.ReadAsync([ResourceKind.Service], ImmutableHashSet<ObjectReference>.Empty, streams, mistakes, CancellationToken.None);

        Assert.Null(read);
        Assert.Equal($"{server.Api.Address}: cannot list services: it does not answer", Assert.Single(mistakes));
    }
}
