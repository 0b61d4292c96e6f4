using System.Diagnostics;
using System.Globalization;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using AdmissionWebhook.KubernetesApi.Configuration;

namespace AdmissionWebhook.KubernetesApi.Tests;

public sealed class KubeConfigTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory().FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public async Task The_current_context_selects_server_user_and_namespace()
    {
        var file = Write("config", """
            apiVersion: v1
            kind: Config
            current-context: prod
            clusters:
              - name: prod
                cluster: {server: "https://10.0.0.1:6443/base", tls-server-name: kubernetes, insecure-skip-tls-verify: true, proxy-url: "http://proxy:3128"}
            users:
              - name: admin
                user: {token: secret}
            contexts:
              - name: prod
                context: {cluster: prod, user: admin, namespace: shop}
            """);

        var server = KubeConfig.Read([file]);

        Assert.Equal(("https://10.0.0.1:6443/base", "kubernetes", true, "http://proxy:3128/", "shop"), (server.Address.AbsoluteUri, server.ServerName, server.IsInsecure, server.Proxy!.AbsoluteUri, server.Namespace));
        Assert.Equal("secret", await server.Credentials.GetTokenAsync(default));
    }

    [Fact]
    public void The_first_of_several_files_wins_for_each_entry()
    {
        var first = Write("first", "contexts: [{name: a, context: {cluster: c}}]\nclusters: [{name: c, cluster: {server: 'https://first'}}]\n");
        var second = Write("second", "current-context: b\ncontexts: [{name: a, context: {cluster: d}}, {name: b, context: {cluster: d}}]\nclusters: [{name: c, cluster: {server: 'https://second'}}, {name: d, cluster: {server: 'https://other'}}]\n");

        Assert.Equal("https://other/", KubeConfig.Read([first, second]).Address.AbsoluteUri);
        Assert.Equal("https://first/", KubeConfig.Read([first, second], "a").Address.AbsoluteUri);
    }

    [Fact]
    public void Reads_certificates_in_the_kubeconfig_or_in_other_files()
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        using var certificate = new CertificateRequest("CN=admin", key, HashAlgorithmName.SHA256).CreateSelfSigned(DateTimeOffset.UnixEpoch, DateTimeOffset.UnixEpoch.AddYears(100));
        Write("pki/ca.crt", certificate.ExportCertificatePem());
        var inline = (string pem) => Convert.ToBase64String(System.Text.Encoding.UTF8.GetBytes(pem));
        var file = Write("config", $$"""
            current-context: a
            contexts: [{name: a, context: {cluster: c, user: u} }]
            clusters: [{name: c, cluster: {server: "https://a", certificate-authority: pki/ca.crt} }]
            users: [{name: u, user: {client-certificate-data: {{inline(certificate.ExportCertificatePem())}}, client-key-data: {{inline(key.ExportPkcs8PrivateKeyPem())}} } }]
            """);

        var server = KubeConfig.Read([file]);

        Assert.Equal(certificate.Thumbprint, Assert.Single(server.Authorities!).Thumbprint);
        Assert.True(server.Credentials.Certificate!.HasPrivateKey);
    }

    [Theory]
    [InlineData("current-context: a\n", "context \"a\" does not exist")]
    [InlineData("contexts: []\n", "current-context is required")]
    [InlineData("current-context: a\ncontexts: [{name: a, context: {cluster: c}}]\n", "cluster \"c\" does not exist")]
    [InlineData("current-context: a\ncontexts: [{name: a, context: {cluster: c, user: u}}]\nclusters: [{name: c, cluster: {server: 'https://a'}}]\n", "user \"u\" does not exist")]
    [InlineData("current-context: a\ncontexts: [{name: a, context: {cluster: c}}]\nclusters: [{name: c, cluster: {}}]\n", "must have a valid server URL")]
    [InlineData("current-context: a\ncontexts: [{name: a, context: {cluster: c}}]\nclusters: [{name: c, cluster: {server: 'https://a', certificate-authority: missing.crt}}]\n", "missing.crt")]
    [InlineData("a: [", "config: ")]
    public void Names_the_invalid_entry_of_a_kubeconfig(string text, string expected)
    {
        var file = Write("config", text);

        var error = Assert.Throws<KubeConfigException>(() => KubeConfig.Read([file]));

        Assert.Contains(expected, error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("{\"a\":", 30_000)]
    [InlineData("[", 30_000)]
    [InlineData("- ", 30_000)]
    [InlineData("{\"a\":", 101)]
    public void Rejects_a_deeply_nested_kubeconfig(string level, int times)
    {
        var file = Write("config", string.Concat(Enumerable.Repeat(level, times)));

        var error = Assert.Throws<KubeConfigException>(() => KubeConfig.Read([file]));

        Assert.Contains("nested deeper than 100 levels", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Runs_the_exec_plugin_again_when_credentials_expire_or_are_rejected()
    {
        var plugin = Write("plugin.sh", $$"""
            #!/bin/sh
            echo run >> {{_folder}}/runs
            echo "{\"status\": {\"token\": \"token-$TEAM-$1-$(wc -l < {{_folder}}/runs | tr -d ' ')\", \"expirationTimestamp\": \"2026-01-01T01:00:00Z\"} }"
            """);
        var clock = new FakeTimeProvider(new(2026, 1, 1, 0, 0, 0, TimeSpan.Zero));
        using var credentials = new ExecCredentials(new("client.authentication.k8s.io/v1", "/bin/sh", [plugin, "arg"], [new("TEAM", "web")], null), clock);

        var first = await credentials.GetTokenAsync(default);
        var kept = await credentials.GetTokenAsync(default);
        clock.Advance(TimeSpan.FromMinutes(59.6));
        var renewed = await credentials.GetTokenAsync(default);
        credentials.Reject(renewed);
        clock.AdjustTime(clock.GetUtcNow().AddMinutes(-30));
        var afterRefusal = await credentials.GetTokenAsync(default);

        Assert.Equal("token-web-arg-1 token-web-arg-1 token-web-arg-2 token-web-arg-3", $"{first} {kept} {renewed} {afterRefusal}");
    }

    [Theory]
    [InlineData("exit 3", "exited with code 3. Install it.")]
    [InlineData("echo nothing", "returned no valid ExecCredential")]
    [InlineData("echo '{\"status\": {}}'", "neither a token nor a certificate")]
    public async Task Reports_how_an_exec_plugin_failed(string script, string expected)
    {
        using var credentials = new ExecCredentials(new("v1", "/bin/sh", ["-c", script], [], "Install it."));

        var error = await Assert.ThrowsAsync<CredentialsException>(async () => await credentials.GetTokenAsync(default));

        Assert.Contains(expected, error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Ends_an_exec_plugin_when_no_request_waits_for_it()
    {
        var file = Path.Combine(_folder, "pid");
        using var credentials = new ExecCredentials(new("v1", "/bin/sh", ["-c", $"echo $$ > {file}.new; mv {file}.new {file}; exec sleep 600"], [], null));
        using var impatience = new CancellationTokenSource();
        var token = credentials.GetTokenAsync(impatience.Token).AsTask();
        await UntilAsync(() => File.Exists(file));
        using var program = Process.GetProcessById(int.Parse(await File.ReadAllTextAsync(file), CultureInfo.InvariantCulture));

        await impatience.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => token);
        await UntilAsync(() => program.HasExited);
    }

    private static async Task UntilAsync(Func<bool> condition)
    {
        using var tick = new PeriodicTimer(TimeSpan.FromMilliseconds(5));
        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(10));
        while (!condition())
            await tick.WaitForNextTickAsync(patience.Token);
    }

    [Fact]
    public async Task Finds_the_cluster_of_a_pod()
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        using var authority = new CertificateRequest("CN=ca", key, HashAlgorithmName.SHA256).CreateSelfSigned(DateTimeOffset.UnixEpoch, DateTimeOffset.UnixEpoch.AddYears(100));
        Write("ca.crt", authority.ExportCertificatePem());
        Write("namespace", "webhook\n");
        Write("token", "abc\n");
        var environment = new Dictionary<string, string?> { ["KUBERNETES_SERVICE_HOST"] = "fd00::1", ["KUBERNETES_SERVICE_PORT"] = "443" };

        var server = ApiServer.InCluster(environment.GetValueOrDefault, _folder)!;

        Assert.Equal(("https://[fd00::1]/", "webhook", "abc"), (server.Address.AbsoluteUri, server.Namespace, await server.Credentials.GetTokenAsync(default)));
        Assert.Null(ApiServer.InCluster(_ => null, _folder));
    }

    [Fact]
    public void Reads_the_kubeconfig_in_the_home_folder_without_KUBECONFIG()
    {
        Assert.Equal("/home/me/.kube/config", Assert.Single(KubeConfig.DefaultFiles(name => name == "HOME" ? "/home/me" : null)));
        var file = Write("a", "");
        Assert.Equal(file, Assert.Single(KubeConfig.DefaultFiles(_ => $"{file}:/not/there")));
    }

    [Theory]
    [InlineData("token: abc", "Bearer", "abc")]
    [InlineData("{username: admin, password: 'a:b'}", "Basic", "YWRtaW46YTpi")]
    [InlineData("auth-provider: {name: oidc, config: {id-token: abc, client-id: kubernetes}}", "Bearer", "abc")]
    [InlineData("client-certificate: ''", "Bearer", null)]
    public async Task Reads_credentials_of_every_form_of_user(string user, string scheme, string? token)
    {
        var credentials = KubeConfig.Read([Write("config", OfUser(user))]).Credentials;

        Assert.Equal((scheme, token), (credentials.Scheme, await credentials.GetTokenAsync(default)));
    }

    [Fact]
    public void Names_an_unsupported_auth_provider()
    {
        var error = Assert.Throws<KubeConfigException>(() => KubeConfig.Read([Write("config", OfUser("auth-provider: {name: gcp}"))]));

        Assert.Contains("auth-provider gcp is not supported", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Sends_the_impersonated_user_with_groups_and_extras()
    {
        var server = KubeConfig.Read([Write("config", OfUser("{token: abc, as: dev, as-uid: '7', as-groups: [a], as-user-extra: {example.com/team: [x]}}"))]);

        Assert.Equal(
            ["Impersonate-User: dev", "Impersonate-Uid: 7", "Impersonate-Group: a", "Impersonate-Extra-example.com%2Fteam: x"],
            server.Impersonation.Select(header => $"{header.Key}: {header.Value}"));
    }

    [Theory]
    [InlineData("as-groups: [a, b]", "Impersonate-Group has several values (a, b)")]
    [InlineData("as-user-extra: {team: [x, y]}", "Impersonate-Extra-team has several values (x, y)")]
    public void Fails_for_an_impersonation_that_cannot_be_sent(string written, string expected)
    {
        var error = Assert.Throws<KubeConfigException>(() => KubeConfig.Read([Write("config", OfUser($"{{token: abc, as: dev, {written}}}"))]));

        Assert.Contains(expected, error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("https://0.0.0.0:6443", null, "https://127.0.0.1:6443/", "0.0.0.0")]
    [InlineData("https://0.0.0.0:6443", "kubernetes", "https://127.0.0.1:6443/", "kubernetes")]
    [InlineData("https://10.0.0.0:6443", null, "https://10.0.0.0:6443/", null)]
    public void A_server_at_0_0_0_0_is_this_machine(string server, string? name, string address, string? expected)
    {
        var read = KubeConfig.Read([Write("config", $"current-context: a\ncontexts: [{{name: a, context: {{cluster: c}}}}]\nclusters: [{{name: c, cluster: {{server: '{server}'{(name is null ? "" : $", tls-server-name: {name}")}}}}}]\n")]);

        Assert.Equal((address, expected), (read.Address.AbsoluteUri, read.ServerName));
    }

    [Fact]
    public void Context_names_are_case_sensitive() =>
        Assert.Throws<KubeConfigException>(() => KubeConfig.Read([Write("config", OfUser("token: abc"))], "A"));

    [Fact]
    public async Task Runs_the_exec_plugin_once_for_many_rejected_requests()
    {
        var runs = Path.Combine(_folder, "runs");
        var program = Write("plugin", $$$"""
            #!/bin/sh
            echo run >> {{{runs}}}
            echo '{"status": {"token": "token-'$(wc -l < {{{runs}}})'"} }'
            """);
        using var credentials = new ExecCredentials(new("client.authentication.k8s.io/v1", "/bin/sh", [program], [], null));
        var old = await credentials.GetTokenAsync(default);

        var renewed = await Task.WhenAll(Enumerable.Range(0, 20).Select(async _ =>
        {
            credentials.Reject(old);
            return await credentials.GetTokenAsync(default);
        }));

        Assert.All(renewed, token => Assert.Equal("token-2", token));
        Assert.Equal(2, File.ReadLines(runs).Count());
    }

    [Fact]
    public async Task Passes_an_argument_with_spaces_to_the_exec_plugin_as_one()
    {
        var program = Write("plugin", """
            #!/bin/sh
            echo '{"status": {"token": "'"$#-$1"'"} }'
            """);
        using var credentials = new ExecCredentials(new("client.authentication.k8s.io/v1", "/bin/sh", [program, "a b"], [], null));

        Assert.Equal("1-a b", await credentials.GetTokenAsync(default));
    }

    private static string OfUser(string user) =>
        $"current-context: a\ncontexts: [{{name: a, context: {{cluster: c, user: u}}}}]\nclusters: [{{name: c, cluster: {{server: 'https://a'}}}}]\nusers: [{{name: u, user: {(user[0] == '{' ? user : $"{{{user}}}")}}}]\n";

    private string Write(string name, string text)
    {
        var path = Path.Combine(_folder, name);
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        File.WriteAllText(path, text);
        return path;
    }
}
