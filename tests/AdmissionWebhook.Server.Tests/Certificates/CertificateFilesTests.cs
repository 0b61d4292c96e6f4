using System.Diagnostics;
using System.Net;
using System.Security.Authentication;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using AdmissionWebhook.TestSupport;

namespace AdmissionWebhook.Server.Tests.Certificates;

public sealed class CertificateFilesTests : IDisposable
{
    private const string Name = "hooks.security.svc";

    private static readonly DateTimeOffset Now = DateTimeOffset.UtcNow;

    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task Serves_the_certificate_in_the_files_with_its_chain_and_reloads_it()
    {
        Write(new("first"));
        await using var server = await StartAsync();
        var before = await ServedAsync(server);

        Write(new("second"));
        await server.Log.WaitForAsync("Loaded the certificate", times: 2);
        var after = await ServedAsync(server);

        Assert.Equal(["CN=first", "CN=authority of first"], before);
        Assert.Equal(["CN=second", "CN=authority of second"], after);
    }

    [Fact]
    public async Task No_handshake_fails_while_a_mounted_Secret_changes_often()
    {
        var issued = Enumerable.Range(0, 12).Select(i => Issue(new($"swap-{i}"))).ToList();
        var bundle = string.Concat(issued.Select(each => each.Root));
        Mount(0, issued[0]);
        foreach (var file in new[] { "tls.crt", "tls.key" })
            File.CreateSymbolicLink(_folder.PathOf(file), $"..data/{file}");
        await using var server = await StartAsync();
        using var ending = new CancellationTokenSource();
        var clients = Enumerable.Range(0, 4).Select(_ => HandshakeUntilAsync(server, bundle, ending.Token)).ToList();

        for (var i = 1; i < issued.Count; i++)
        {
            Mount(i, issued[i]);
            await server.Log.WaitForAsync("Loaded the certificate", times: i + 1);
        }

        await ending.CancelAsync();
        var served = (await Task.WhenAll(clients)).SelectMany(subjects => subjects).ToList();
        Assert.InRange(served.Count, 50, int.MaxValue);
        Assert.InRange(served.Distinct().Count(), 6, issued.Count);
        Assert.DoesNotContain(server.Log.Lines, line => line.StartsWith("Error", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("expired", "tls.crt: the certificate expired on ")]
    [InlineData("future", "tls.crt: the certificate is not valid before ")]
    [InlineData("chain", "tls.crt: CN=authority of chain in its chain expired on ")]
    [InlineData("name", "tls.crt: the certificate is not for hooks.security.svc, only for elsewhere.example.com")]
    [InlineData("nameless", "tls.crt: the certificate must have a subject alternative name; API servers read no other name")]
    [InlineData("client", "tls.crt: the certificate must have serverAuth in its extended key usage")]
    [InlineData("sha1", "tls.crt: the certificate is signed with MD5 or SHA-1, which API servers reject")]
    [InlineData("key", "tls.key: ")]
    [InlineData("no-key", "tls.key: must hold a private key in PEM")]
    [InlineData("encrypted", "tls.key: the key must not be encrypted")]
    [InlineData("garbage", "tls.crt: must hold a certificate in PEM")]
    [InlineData("cut", "tls.crt: must hold a certificate in PEM")]
    [InlineData("gone", "tls.crt: Could not find file")]
    public async Task Keeps_the_last_good_certificate_and_reports_an_invalid_one_in_log_metric_and_readiness(string fault, string mistake)
    {
        Write(new("good"));
        await using var server = await StartAsync(("Certificate:ServiceName", "hooks"), ("Cluster:Namespace", "security"));

        Break(fault);
        await server.Log.WaitForAsync($"Invalid certificate; the last good version stays in force: {_folder.Path}/{mistake}");

        Assert.Equal("CN=good", (await ServedAsync(server))[0]);
        await server.UntilAsync("/metrics", "admission_webhook_certificate_refused{} 1\n");
        var (status, text) = await server.GetAsync("/readyz?verbose");
        Assert.Equal(HttpStatusCode.OK, status);
        Assert.Contains($"[+]certificate ok: {_folder.Path}/{mistake}", text, StringComparison.Ordinal);

        Write(new("mended"));
        await server.Log.WaitForAsync("Loaded the certificate", times: 2);
        await server.UntilAsync("/metrics", "admission_webhook_certificate_refused{} 0\n");
        Assert.Equal("CN=mended", (await ServedAsync(server))[0]);
    }

    [Fact]
    public async Task Reports_all_errors_of_the_certificate_at_once_and_does_not_start_outside_a_cluster()
    {
        Write(new("old") { Until = Now.AddHours(-1), Names = ["elsewhere.example.com"] });
        _folder.Write("tls.key", "nonsense");

        var refused = await Assert.ThrowsAsync<StartRefusedException>(() => StartAsync(("Certificate:ServiceName", "hooks"), ("Cluster:Namespace", "security")));

        Assert.Equal(
            [
                $"{_folder.PathOf("tls.key")}: must hold a private key in PEM",
                $"{_folder.PathOf("tls.crt")}: the certificate expired on {Now.AddHours(-1):u}",
                $"{_folder.PathOf("tls.crt")}: the certificate is not for hooks.security.svc, only for elsewhere.example.com",
            ],
            refused.Mistakes);
    }

    [Fact]
    public async Task Does_not_start_with_a_key_of_another_certificate()
    {
        Write(new("first"));
        _folder.Write("tls.key", Issue(new("second")).Key);

        var refused = await Assert.ThrowsAsync<StartRefusedException>(() => StartAsync());

        Assert.Equal($"{_folder.PathOf("tls.key")}: the key does not match the certificate in {_folder.PathOf("tls.crt")}", Assert.Single(refused.Mistakes));
    }

    [Theory]
    [InlineData("gone", "Could not find")]
    [InlineData("expired", "the certificate expired on ")]
    public async Task Waits_for_a_valid_certificate_in_a_cluster_and_is_not_ready(string fault, string mistake)
    {
        Break(fault);
        await using var server = await RunningServer.StartInClusterAsync(("Webhook:Address", "127.0.0.1"), ("Certificate:CertificateFile", _folder.PathOf("tls.crt")), ("Certificate:KeyFile", _folder.PathOf("tls.key")));

        var (status, text) = await server.GetAsync("/readyz?verbose");
        Assert.Equal(HttpStatusCode.ServiceUnavailable, status);
        Assert.Contains("[-]certificate failed: no certificate is loaded; ", text, StringComparison.Ordinal);
        Assert.Contains(mistake, text, StringComparison.Ordinal);
        Assert.Contains(server.Log.Lines, line => line.StartsWith("Error: Invalid certificate; the server is not ready until it is fixed: ", StringComparison.Ordinal) && line.Contains(mistake, StringComparison.Ordinal));

        Write(new("good"));
        await server.UntilAsync("/readyz?verbose", "[+]certificate ok\n");
        Assert.Equal("CN=good", (await ServedAsync(server))[0]);
    }

    [Fact]
    public async Task Reports_a_folder_instead_of_a_certificate_file()
    {
        Write(new("whole"));

        await using var server = await RunningServer.StartInClusterAsync(("Webhook:Address", "127.0.0.1"), ("Certificate:CertificateFile", _folder.Path), ("Certificate:KeyFile", _folder.PathOf("tls.key")));

        Assert.Contains("[-]certificate failed: no certificate is loaded; Certificate:CertificateFile and Certificate:KeyFile: must both be files, not folders\n", (await server.GetAsync("/readyz")).Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Serves_a_future_certificate_once_it_is_valid_without_a_change_of_the_files()
    {
        var clock = new RealTimers(Now);
        Write(new("first"));
        await using var server = await RunningServer.StartAsync(clock, Files());
        Write(new("second") { From = Now.AddMinutes(30) });
        await server.Log.WaitForAsync("the certificate is not valid before ");

        clock.SetUtcNow(Now.AddMinutes(31));
        _folder.Write("unrelated", "A hint, or it would be noticed twenty seconds later.");

        await server.Log.WaitForAsync("Loaded the certificate", times: 2);
        Assert.Equal("CN=second", (await ServedAsync(server))[0]);
    }

    [Fact]
    public async Task Stays_ready_with_a_certificate_that_expires_soon_but_not_with_an_expired_one()
    {
        var clock = new RealTimers(Now);
        Write(new("old") { Until = Now.AddHours(5) });
        await using var server = await RunningServer.StartAsync(clock, Files());
        Assert.Contains("[+]certificate ok\n", (await server.GetAsync("/readyz?verbose")).Text, StringComparison.Ordinal);
        await server.UntilAsync("/metrics", $"admission_webhook_certificate_expiry_timestamp_seconds{{kind=\"serving\"}} {Now.AddHours(5).ToUnixTimeSeconds()}\n");
        await server.UntilAsync("/metrics", "admission_webhook_certificate_overdue{} 0\n");

        clock.SetUtcNow(Now.AddHours(4.5));
        var (soon, detail) = await server.GetAsync("/readyz?verbose");
        await server.UntilAsync("/metrics", "admission_webhook_certificate_overdue{} 1\n");
        clock.SetUtcNow(Now.AddHours(5.1));
        var (late, fault) = await server.GetAsync("/readyz?verbose");

        Assert.Equal((HttpStatusCode.OK, HttpStatusCode.ServiceUnavailable), (soon, late));
        Assert.Contains($"[+]certificate ok: it expires on {Now.AddHours(5):u}, and its renewal is overdue\n", detail, StringComparison.Ordinal);
        Assert.Contains($"[-]certificate failed: it expired on {Now.AddHours(5):u}\n", fault, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Rejects_TLS_versions_before_1_2()
    {
        Write(new("first"));
        await using var server = await StartAsync();

#pragma warning disable SYSLIB0039, CA5397, CA5398 // What is refused has to be named.
        await Assert.ThrowsAnyAsync<Exception>(() => TlsClient.HandshakeAsync(server.Webhook, Name, null, SslProtocols.Tls11));
#pragma warning restore SYSLIB0039, CA5397, CA5398
        Assert.NotEmpty(await TlsClient.HandshakeAsync(server.Webhook, Name, null, SslProtocols.Tls12));
    }

    private (string, string)[] Files() => [("Certificate:CertificateFile", _folder.PathOf("tls.crt")), ("Certificate:KeyFile", _folder.PathOf("tls.key"))];

    private Task<RunningServer> StartAsync(params (string, string)[] settings) => RunningServer.StartAsync([.. Files(), .. settings]);

    private static async Task<IEnumerable<string>> SubjectsAsync(RunningServer server, string? bundle) =>
        (await TlsClient.HandshakeAsync(server.Webhook, Name, bundle)).Select(certificate => certificate.Subject);

    private static async Task<string[]> ServedAsync(RunningServer server) => [.. await SubjectsAsync(server, null)];

    private static async Task<List<string>> HandshakeUntilAsync(RunningServer server, string bundle, CancellationToken ending)
    {
        var subjects = new List<string>();
        while (!ending.IsCancellationRequested)
            subjects.Add((await SubjectsAsync(server, bundle)).First());
        return subjects;
    }

    private void Break(string fault)
    {
        switch (fault)
        {
            case "expired": Write(new(fault) { Until = Now.AddHours(-1) }); break;
            case "future": Write(new(fault) { From = Now.AddMinutes(30) }); break;
            case "chain": Write(new(fault) { AuthorityUntil = Now.AddHours(-1) }); break;
            case "name": Write(new(fault) { Names = ["elsewhere.example.com"] }); break;
            case "nameless": Write(new(fault) { Names = [] }); break;
            case "client": Write(new(fault) { Usage = "1.3.6.1.5.5.7.3.2" }); break;
            case "sha1": Write(new(fault) { IsOldFashioned = true }); break;
            case "key": _folder.Write("tls.key", Issue(new(fault)).Key); break;
            case "no-key": _folder.Write("tls.key", "nonsense"); break;
            case "encrypted": _folder.Write("tls.key", "-----BEGIN ENCRYPTED PRIVATE KEY-----\nAAAA\n-----END ENCRYPTED PRIVATE KEY-----\n"); break;
            case "garbage": _folder.Write("tls.crt", "nonsense"); break;
            case "cut": _folder.Write("tls.crt", Issue(new(fault)).Certificate[..300]); break;
            case "gone": File.Delete(_folder.PathOf("tls.crt")); break;
        }
    }

    private void Write(Request request)
    {
        var issued = Issue(request);
        _folder.Write("tls.key", issued.Key);
        _folder.Write("tls.crt", issued.Certificate);
    }

    /// <summary>As a kubelet does: a folder for each version, and a link that is swapped in one step, which .NET cannot do with links to folders.</summary>
    private void Mount(int version, (string Certificate, string Key, string Root) issued)
    {
        Directory.CreateDirectory(_folder.PathOf($"..v{version}"));
        File.WriteAllText(Path.Combine(_folder.PathOf($"..v{version}"), "tls.crt"), issued.Certificate);
        File.WriteAllText(Path.Combine(_folder.PathOf($"..v{version}"), "tls.key"), issued.Key);
        File.CreateSymbolicLink(_folder.PathOf("..data_tmp"), $"..v{version}");
        Process.Start("mv", ["-T", _folder.PathOf("..data_tmp"), _folder.PathOf("..data")]).WaitForExit();
    }

    /// <summary>As an issuer writes them: the certificate, then its authority, but not the root.</summary>
    private static (string Certificate, string Key, string Root) Issue(Request request)
    {
        using var rootKey = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        using var authorityKey = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        using var root = Authority($"root of {request.Name}", rootKey).CreateSelfSigned(Now.AddDays(-10), Now.AddDays(10));
        using var authority = Authority($"authority of {request.Name}", authorityKey).Create(root, Now.AddDays(-9), request.AuthorityUntil, [1]);
        var wanted = new CertificateRequest($"CN={request.Name}", key, HashAlgorithmName.SHA256);
        if (request.Names.Length > 0)
        {
            var names = new SubjectAlternativeNameBuilder();
            foreach (var name in request.Names)
                names.AddDnsName(name);
            wanted.CertificateExtensions.Add(names.Build());
        }

        wanted.CertificateExtensions.Add(new X509EnhancedKeyUsageExtension([new(request.Usage)], false));
        var signer = request.IsOldFashioned ? new OldSignatures(authorityKey) : X509SignatureGenerator.CreateForECDsa(authorityKey);
        using var certificate = wanted.Create(authority.SubjectName, signer, request.From, request.Until, [2]);
        return (certificate.ExportCertificatePem() + "\n" + authority.ExportCertificatePem(), key.ExportPkcs8PrivateKeyPem(), root.ExportCertificatePem() + "\n");
    }

    private static CertificateRequest Authority(string name, ECDsa key)
    {
        var request = new CertificateRequest($"CN={name}", key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(true, false, 0, true));
        return request;
    }

    /// <summary>What to issue.</summary>
    private sealed record Request(string Name)
    {
        public DateTimeOffset From { get; init; } = Now.AddHours(-2);

        public DateTimeOffset Until { get; init; } = Now.AddHours(12);

        public DateTimeOffset AuthorityUntil { get; init; } = Now.AddDays(5);

        public string[] Names { get; init; } = [CertificateFilesTests.Name];

        public string Usage { get; init; } = "1.3.6.1.5.5.7.3.1";

        public bool IsOldFashioned { get; init; }
    }
}
