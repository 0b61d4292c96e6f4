using System.Net;
using System.Net.Http.Headers;
using System.Security.Cryptography;
using Microsoft.IdentityModel.JsonWebTokens;
using Microsoft.IdentityModel.Tokens;

namespace AdmissionWebhook.Server.Tests.Callers;

public sealed class CallerTokenTests : IDisposable
{
    private const string Issuer = "https://kubernetes.default.svc.cluster.local";
    private const string Audience = "https://admission-webhook.admission-webhook.svc:443/validate";
    private const string AnyGroup = """{"attestations":{"admissionReviewAPIGroups":["*"]}}""";

    private readonly TemporaryFolder _folder = new();
    private readonly RSA _rsa = RSA.Create(2048);
    private readonly ECDsa _ec = ECDsa.Create(ECCurve.NamedCurves.nistP256);

    public CallerTokenTests() => Write(KeyOf(_rsa, "rsa"), KeyOf(_ec, "ec"));

    public void Dispose()
    {
        _rsa.Dispose();
        _ec.Dispose();
        _folder.Dispose();
    }

    [Fact]
    public async Task Answers_a_caller_with_a_valid_token()
    {
        await using var server = await StartAsync();

        Assert.Equal(HttpStatusCode.OK, await AskAsync(server, Token()));
        Assert.Equal(HttpStatusCode.OK, await AskAsync(server, Token(key: new ECDsaSecurityKey(_ec) { KeyId = "ec" }, algorithm: "ES256")));
    }

    [Fact]
    public async Task Checks_the_token_of_each_request()
    {
        await using var server = await StartAsync();
        var token = Token();

        Assert.Equal([HttpStatusCode.OK, HttpStatusCode.OK], [await AskAsync(server, token), await AskAsync(server, token)]);
        Assert.Equal(HttpStatusCode.Unauthorized, await AskAsync(server, null));
        await server.UntilAsync("/metrics", "admission_webhook_refused_callers_total{reason=\"absent\"} 1\n");
    }

    [Theory]
    [InlineData("issuer", "untrusted")]
    [InlineData("audience", "untrusted")]
    [InlineData("signature", "untrusted")]
    [InlineData("unsigned", "untrusted")]
    [InlineData("shared secret", "untrusted")]
    [InlineData("unknown key", "untrusted")]
    [InlineData("nothing", "untrusted")]
    [InlineData("long life", "untrusted")]
    [InlineData("expired", "expired")]
    [InlineData("not yet", "expired")]
    [InlineData("no attestation", "unnamed")]
    [InlineData("issued later", "untrusted")]
    [InlineData("two groups", "unnamed")]
    [InlineData("other group", "scope")]
    public async Task Rejects_an_invalid_token_and_counts_the_reason(string fault, string reason)
    {
        await using var server = await StartAsync();
        using var other = RSA.Create(2048);
        var now = DateTime.UtcNow;
        var token = fault switch
        {
            "issuer" => Token(issuer: "https://example.com"),
            "audience" => Token(audience: "https://other.svc:443/validate"),
            "signature" => Token(key: new RsaSecurityKey(other) { KeyId = "rsa" }),
            "unknown key" => Token(key: new RsaSecurityKey(other) { KeyId = "other" }),
            "unsigned" => Unsigned(Token()),
            "shared secret" => Token(key: new SymmetricSecurityKey(_rsa.ExportSubjectPublicKeyInfo()) { KeyId = "rsa" }, algorithm: "HS256"),
            "nothing" => "a.b.c",
            "long life" => Token(begin: now, end: now.AddHours(1)),
            "issued later" => Token(begin: now, end: now.AddHours(1), issued: now.AddMinutes(58)),
            "expired" => Token(begin: now.AddMinutes(-9), end: now.AddMinutes(-1)),
            "not yet" => Token(begin: now.AddMinutes(2), end: now.AddMinutes(3)),
            "no attestation" => Token(kubernetes: """{"namespace":"shop","serviceaccount":{"name":"default","uid":"u"}}"""),
            "two groups" => Token(kubernetes: """{"attestations":{"admissionReviewAPIGroups":["apps","*"]}}"""),
            _ => Token(kubernetes: """{"attestations":{"admissionReviewAPIGroups":["apps"]}}"""),
        };

        Assert.Equal(HttpStatusCode.Unauthorized, await AskAsync(server, token));

        await server.UntilAsync("/metrics", $"admission_webhook_refused_callers_total{{reason=\"{reason}\"}} 1\n");
        Assert.DoesNotContain(server.Log.Lines, line => line.Contains(token, StringComparison.Ordinal));
    }

    [Fact]
    public async Task Answers_reviews_of_the_API_group_that_a_token_attests()
    {
        await using var server = await StartAsync();

        Assert.Equal(HttpStatusCode.OK, await AskAsync(server, Token(kubernetes: """{"attestations":{"admissionReviewAPIGroups":["networking.k8s.io"]}}""")));
    }

    [Fact]
    public async Task Answers_only_reviews_of_the_core_group_for_a_token_of_that_group()
    {
        await using var server = await StartAsync();
        var token = Token(kubernetes: """{"attestations":{"admissionReviewAPIGroups":[""]}}""");

        Assert.Equal(HttpStatusCode.OK, await AskAsync(server, token, group: ""));
        Assert.Equal(HttpStatusCode.Unauthorized, await AskAsync(server, token));
    }

    [Fact]
    public async Task Answers_a_listed_subject_without_an_attestation()
    {
        await using var server = await StartAsync(("Webhook:CallerTokens:Subjects:0", "system:serviceaccount:kube-system:webhook-caller"));

        Assert.Equal(HttpStatusCode.OK, await AskAsync(server, Token(kubernetes: "{}", subject: "system:serviceaccount:kube-system:webhook-caller")));
        Assert.Equal(HttpStatusCode.Unauthorized, await AskAsync(server, Token(kubernetes: "{}", subject: "system:serviceaccount:shop:default")));
    }

    [Fact]
    public async Task Reloads_changed_keys_and_keeps_the_last_good_ones_when_the_change_is_invalid()
    {
        await using var server = await StartAsync();
        var token = Token();
        Assert.Equal(HttpStatusCode.OK, await AskAsync(server, token));

        Write(KeyOf(_ec, "ec"));
        await server.Log.WaitForAsync("Loaded the keys of callers' tokens", times: 2);
        Assert.Equal(HttpStatusCode.Unauthorized, await AskAsync(server, token));

        _folder.Write("jwks.json", "{\"keys\": [");
        await server.Log.WaitForAsync("is not a JSON Web Key Set");
        Assert.Equal(HttpStatusCode.OK, await AskAsync(server, Token(key: new ECDsaSecurityKey(_ec) { KeyId = "ec" }, algorithm: "ES256")));
    }

    [Theory]
    [InlineData("{\"keys\": []}", "must hold a key for signatures")]
    [InlineData("{\"keys\": [{\"kty\": \"EC\", \"crv\": \"P-1\", \"kid\": \"s\", \"x\": \"AQAB\", \"y\": \"AQAB\"}]}", "key \"s\" is not a valid key")]
    [InlineData("{\"keys\": [{\"kty\": \"oct\", \"kid\": \"s\", \"k\": \"c2VjcmV0\"}]}", "key \"s\" must be of type RSA or EC, not \"oct\"")]
    public async Task Does_not_start_with_invalid_keys(string keys, string mistake)
    {
        _folder.Write("jwks.json", keys);

        var refused = await Assert.ThrowsAsync<StartRefusedException>(() => StartAsync());

        Assert.Equal([$"{_folder.PathOf("jwks.json")}: {mistake}"], refused.Mistakes);
    }

    [Fact]
    public async Task Does_not_start_with_a_private_key()
    {
        var key = JsonWebKeyConverter.ConvertFromRSASecurityKey(new(_rsa.ExportParameters(true)) { KeyId = "rsa" });
        _folder.Write("jwks.json", $$"""{"keys": [{"kty": "RSA", "kid": "rsa", "n": "{{key.N}}", "e": "{{key.E}}", "d": "{{key.D}}"}]}""");

        var refused = await Assert.ThrowsAsync<StartRefusedException>(() => StartAsync());

        Assert.Contains("must not hold a private key", Assert.Single(refused.Mistakes), StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_operations_port_requires_no_token()
    {
        await using var server = await StartAsync();

        Assert.Equal((HttpStatusCode.OK, "ok"), await server.GetAsync("/readyz"));
    }

    private Task<RunningServer> StartAsync(params (string Key, string Value)[] further) => RunningServer.StartAsync(
        [("Webhook:CallerTokens:Jwks", _folder.PathOf("jwks.json")), ("Webhook:CallerTokens:Issuer", Issuer), ("Webhook:CallerTokens:Audience:0", Audience), .. further]);

    private static async Task<HttpStatusCode> AskAsync(RunningServer server, string? token, string group = "networking.k8s.io")
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, new Uri(server.Webhook, "/validate")) { Content = new StringContent(Reviews.Of(Reviews.GoodIngress).Replace("\"group\": \"networking.k8s.io\"", $"\"group\": \"{group}\"", StringComparison.Ordinal)) };
        if (token is not null)
            request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", token);
        using var answer = await server.Client.SendAsync(request);
        return answer.StatusCode;
    }

    private string Token(
        SecurityKey? key = null, string algorithm = "RS256", string issuer = Issuer, string audience = Audience, string kubernetes = AnyGroup,
        string subject = "system:serviceaccount:kube-system:webhook-auth", DateTime? begin = null, DateTime? end = null, DateTime? issued = null)
    {
        var from = begin ?? DateTime.UtcNow;
        var payload = $$"""
            {"iss":"{{issuer}}","aud":["{{audience}}"],"sub":"{{subject}}","iat":{{Seconds(issued ?? from)}},"nbf":{{Seconds(from)}},"exp":{{Seconds(end ?? from.AddMinutes(10))}},
             "kubernetes.io":{{kubernetes}}}
            """;
        return new JsonWebTokenHandler().CreateToken(payload, new SigningCredentials(key ?? new RsaSecurityKey(_rsa) { KeyId = "rsa" }, algorithm));
    }

    private static long Seconds(DateTime time) => new DateTimeOffset(time).ToUnixTimeSeconds();

    private static string Unsigned(string token) => $"{Base64UrlEncoder.Encode("""{"alg":"none","typ":"JWT"}""")}.{token.Split('.')[1]}.";

    private void Write(params string[] keys) => _folder.Write("jwks.json", $$"""{"keys": [{{string.Join(',', keys)}}]}""");

    private static string KeyOf(RSA rsa, string id)
    {
        var key = rsa.ExportParameters(false);
        return $$"""{"use": "sig", "kty": "RSA", "kid": "{{id}}", "alg": "RS256", "n": "{{Base64UrlEncoder.Encode(key.Modulus)}}", "e": "{{Base64UrlEncoder.Encode(key.Exponent)}}"}""";
    }

    private static string KeyOf(ECDsa ec, string id)
    {
        var point = ec.ExportParameters(false).Q;
        return $$"""{"use": "sig", "kty": "EC", "kid": "{{id}}", "crv": "P-256", "x": "{{Base64UrlEncoder.Encode(point.X)}}", "y": "{{Base64UrlEncoder.Encode(point.Y)}}"}""";
    }
}
