using AdmissionWebhook.Server.Settings;
using Microsoft.Extensions.Logging;

namespace AdmissionWebhook.Server.Tests.Settings;

public sealed class WatchedFilesTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task Loads_each_change_of_a_policy_file()
    {
        var file = _folder.Write("policy.yaml", Policy("Deny"));
        await using var server = await RunningServer.StartAsync(("Policy:Files", file));
        var before = await IsAllowedAsync(server);

        _folder.Write("policy.yaml", Policy("Audit"));
        await server.Log.WaitForAsync("Loaded the policy", times: 2);
        var after = await IsAllowedAsync(server);
        _folder.Write("policy.yaml", Policy("Deny"));
        await server.Log.WaitForAsync("Loaded the policy", times: 3);

        Assert.Equal((false, true, false), (before, after, await IsAllowedAsync(server)));
    }

    [Fact]
    public async Task Keeps_the_policy_when_a_change_is_invalid_and_logs_every_error_with_its_line()
    {
        var file = _folder.Write("policy.yaml", Policy("Deny"));
        await using var server = await RunningServer.StartAsync(("Policy:Files", file));

        _folder.Write("policy.yaml", Policy("Denny") + "\n    ingress-tls-requierd: {}");
        await server.Log.WaitForAsync("ingress-tls-requierd");

        Assert.False(await IsAllowedAsync(server));
        Assert.Contains(server.Log.Lines, line => line.StartsWith($"Error: Invalid policy; the last good version stays in force: {file}:6:", StringComparison.Ordinal));
        Assert.Contains(server.Log.Lines, line => line.Contains($"{file}:7:", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Keeps_watching_files_when_a_reader_throws()
    {
        var (isFailing, log) = (false, new CapturedLog());
        var file = _folder.Write("policy.yaml", Policy("Deny"));
        using var logs = new LoggerFactory([log]);
        using var watched = new WatchedFiles("policy", [file], (_, _) => _ = isFailing ? throw new InvalidOperationException("a bug") : 0, TimeProvider.System, logs.CreateLogger<WatchedFiles>());
        Assert.Empty(watched.Start());
        await watched.StartAsync(default);

        isFailing = true;
        _folder.Write("policy.yaml", Policy("Audit"));
        await log.WaitForAsync("the last good version stays in force");
        isFailing = false;
        _folder.Write("policy.yaml", Policy("Warn"));
        await log.WaitForAsync("Loaded the policy", times: 2);

        await watched.StopAsync(default);
    }

    [Fact]
    public async Task Keeps_the_policy_when_its_folder_becomes_empty()
    {
        var file = _folder.Write("policy.yaml", Policy("Deny"));
        await using var server = await RunningServer.StartAsync(("Policy:Files", _folder.Path));

        File.Delete(file);
        await server.Log.WaitForAsync("a TrafficPolicy is required");

        Assert.False(await IsAllowedAsync(server));
    }

    [Fact]
    public async Task Reads_a_mounted_ConfigMap_once_and_again_when_its_link_changes()
    {
        Mount("..v1", Policy("Deny"));
        File.CreateSymbolicLink(_folder.PathOf("policy.yaml"), "..data/policy.yaml");
        await using var server = await RunningServer.StartAsync(("Policy:Files", _folder.Path));
        var before = await IsAllowedAsync(server);

        Mount("..v2", Policy("Audit"));
        await server.Log.WaitForAsync("Loaded the policy", times: 2);
        var after = await IsAllowedAsync(server);
        Mount("..v3", Policy("Deny"));
        await server.Log.WaitForAsync("Loaded the policy", times: 3);

        Assert.Equal((false, true, false), (before, after, await IsAllowedAsync(server)));
    }

    [Fact]
    public async Task Does_not_start_with_invalid_files_and_reports_all_errors()
    {
        var policy = _folder.Write("policy.yaml", Policy("Denny"));
        var cluster = _folder.Write("cluster.yaml", "kind: Service");

        var refused = await Assert.ThrowsAsync<StartRefusedException>(() => RunningServer.StartAsync(("Policy:Files", policy), ("Cluster:Manifests", cluster)));

        Assert.Equal(2, refused.Mistakes.Count);
        Assert.StartsWith($"{policy}:6: spec.rules.ingress-tls-required.enforcement: must be one of", refused.Mistakes[0], StringComparison.Ordinal);
        Assert.Equal($"{cluster}:1: has no Kubernetes object; it is not checked", refused.Mistakes[1]);
    }

    private static string Policy(string enforcement) => $$"""
        apiVersion: policy.admissionwebhook.dev/v1alpha1
        kind: TrafficPolicy
        metadata: {name: test}
        spec:
          rules:
            ingress-tls-required: {enforcement: {{enforcement}}}
        """;

    private static async Task<bool> IsAllowedAsync(RunningServer server) =>
        (bool)(await server.ReviewAsync("/validate", Reviews.Of(Reviews.BadIngress)))["allowed"]!;

    /// <summary>Nearly as a kubelet does, which swaps the link in one step: .NET cannot rename a link to a folder.</summary>
    private void Mount(string version, string policy)
    {
        Directory.CreateDirectory(_folder.PathOf(version));
        File.WriteAllText(Path.Combine(_folder.PathOf(version), "policy.yaml"), policy);
        File.Delete(_folder.PathOf("..data"));
        File.CreateSymbolicLink(_folder.PathOf("..data"), version);
    }
}
