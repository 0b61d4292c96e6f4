using AdmissionWebhook.Cli.Clusters;
using AdmissionWebhook.KubernetesApi.Configuration;
using AdmissionWebhook.Policy.Kinds;

namespace AdmissionWebhook.Cli.Tests;

public sealed class LiveCheckTests
{
    [Fact]
    public async Task Looks_objects_up_in_the_cluster_and_denies_missing_ones()
    {
        await using var server = await LiveServer.StartAsync();

        Assert.Empty(server.Check(Manifests.Ingress("web", "number: 80"), "--output", "json").Violated());
        Assert.Equal(["ingress-backend-port-exists"], server.Check(Manifests.Ingress("web", "number: 8080"), "--output", "json").Violated());
        Assert.Equal(["ingress-backend-service-exists"], server.Check(Manifests.Ingress("elsewhere", "number: 80"), "--output", "json").Violated());
    }

    [Fact]
    public async Task Updates_an_existing_object_unless_an_option_names_the_operation()
    {
        await using var server = await LiveServer.StartAsync(Manifests.AllocatedNodePort);
        var other = Manifests.AllocatedNodePort.Replace("edge", "other", StringComparison.Ordinal);

        Assert.Equal(0, server.Check(Manifests.AllocatedNodePort).ExitCode);
        Assert.Equal(0, server.Check(Manifests.AllocatedNodePort, "--operation", "UPDATE").ExitCode);
        Assert.Equal(1, server.Check(Manifests.AllocatedNodePort, "--operation", "CREATE").ExitCode);
        Assert.Equal(1, server.Check(other).ExitCode);
    }

    [Fact]
    public async Task A_given_old_copy_takes_precedence_over_the_cluster()
    {
        await using var server = await LiveServer.StartAsync(Manifests.AllocatedNodePort);
        var old = server.Write("old.yaml", Manifests.AllocatedNodePort.Replace("30080", "30081", StringComparison.Ordinal));

        Assert.Equal(1, server.Check(Manifests.AllocatedNodePort, "--old", old).ExitCode);
    }

    [Fact]
    public async Task An_object_without_a_namespace_belongs_to_that_of_the_context()
    {
        await using var server = await LiveServer.StartAsync();
        var manifest = Manifests.Ingress("web", "number: 80", @namespace: null);

        Assert.Equal(0, server.Check(manifest).ExitCode);
        Assert.Equal(1, server.Check(manifest, "--namespace", "default").ExitCode);
    }

    [Fact]
    public async Task Warns_once_of_a_forbidden_kind_and_denies_nothing_for_it()
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
    public async Task Does_not_list_kinds_that_no_rule_needs()
    {
        await using var server = await LiveServer.StartAsync();

        server.Check(Manifests.NodePort, "--only", "service-port-name");

        Assert.Equal("GET /api/v1/services?limit=1000", Assert.Single(server.Api.Requests));
    }

    [Fact]
    public async Task Does_not_read_Secrets_of_the_bundle_from_the_cluster()
    {
        await using var server = await LiveServer.StartAsync();
        var secret = "{apiVersion: v1, kind: Secret, metadata: {name: web-tls, namespace: shop}, type: kubernetes.io/tls}";

        var run = server.Check(Manifests.Bundle(secret, Manifests.NodePort), "--only", "service-port-name");

        Assert.Contains("2 objects: 1 allowed, 1 not judged.", run.Output, StringComparison.Ordinal);
        Assert.Equal("GET /api/v1/services?limit=1000", Assert.Single(server.Api.Requests));
    }

    [Theory]
    [InlineData(500, "InternalError")]
    [InlineData(401, "Unauthorized")]
    [InlineData(404, "NotFound")]
    public async Task Exits_2_for_any_other_error_of_the_server(int code, string reason)
    {
        await using var server = await LiveServer.StartAsync();
        server.Api.Faults.AnswerAlways("/apis/networking.k8s.io/v1/ingresses", code, reason);
        server.Api.Faults.AnswerAlways("/apis/networking.k8s.io/v1/ingressclasses", code, reason);

        var run = server.Check(Manifests.Ingress("web", "number: 80"));

        Assert.Equal((2, ""), (run.ExitCode, run.Output));
        Assert.Equal($"{server.Api.Address}: cannot list ingresses, ingressclasses: {reason} on purpose", Assert.Single(run.ErrorLines));
    }

    [Fact]
    public async Task Gives_up_a_silent_server()
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
