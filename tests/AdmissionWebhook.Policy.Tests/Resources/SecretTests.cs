using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using AdmissionWebhook.Policy.Kinds;
using AdmissionWebhook.Policy.Values;

namespace AdmissionWebhook.Policy.Tests.Resources;

public sealed class SecretTests
{
    private static readonly DateTimeOffset Begin = new(2026, 1, 1, 12, 0, 0, TimeSpan.Zero);

    [Fact]
    public void Keeps_only_names_and_dates_of_a_certificate()
    {
        var secret = Read($$"""{"metadata":{"name":"web-tls"},"type":"kubernetes.io/tls","data":{"tls.crt":"{{Encoded(Certificate("shop.example.com", "*.Apps.example.com"))}}","tls.key":"a2V5"} }""");

        Assert.Equal(("kubernetes.io/tls", true, true), (secret.Type, secret.HasCertificate, secret.HasKey));
        Assert.Equal(["shop.example.com", "*.apps.example.com"], secret.Certificate!.Names.Select(name => name.Name));
        Assert.Equal((Begin, Begin.AddYears(40)), (secret.Certificate.NotBefore, secret.Certificate.NotAfter));
    }

    [Theory]
    [InlineData("shop.example.com", true)]
    [InlineData("a.apps.example.com", true)]
    [InlineData("apps.example.com", false)]
    [InlineData("a.b.apps.example.com", false)]
    [InlineData("common.example.com", false)]
    public void A_wildcard_covers_one_label_and_the_common_name_covers_nothing(string host, bool isFor)
    {
        var secret = Read($$"""{"data":{"tls.crt":"{{Encoded(Certificate("shop.example.com", "*.apps.example.com"))}}"} }""");

        Assert.Equal(isFor, secret.Certificate!.IsFor(Host.Parse(host)));
    }

    [Theory]
    [InlineData("""{"tls.crt":"","tls.key":""}""", false, false)]
    [InlineData("""{"tls.crt":null,"tls.key":null}""", false, false)]
    [InlineData("""{"tls.crt":"bm9uZQ==","tls.key":7}""", true, false)]
    [InlineData("""{"tls.crt":["x"],"tls.key":{"x":"y"}}""", false, false)]
    public void Reads_other_data_as_no_certificate(string data, bool hasCertificate, bool hasKey)
    {
        var secret = Read($$"""{"type":"kubernetes.io/tls","data":{{data}} }""");

        Assert.Equal((hasCertificate, hasKey, null), (secret.HasCertificate, secret.HasKey, secret.Certificate));
    }

    [Theory]
    [InlineData("""{"data":{"tls.key":"S0VZTUFURVJJQUw=","other":"S0VZTUFURVJJQUw="},"stringData":{"tls.key":"KEYMATERIAL"}}""")]
    [InlineData("""{"data":"S0VZTUFURVJJQUw=","stringData":["KEYMATERIAL"]}""")]
    [InlineData("""{"data":{"tls.crt":"KEYMATERIAL"},"metadata":{"annotations":{"kubectl.kubernetes.io/last-applied-configuration":"KEYMATERIAL","x":"KEYMATERIAL"},"labels":{"x":"KEYMATERIAL"}}}""")]
    [InlineData("""{"data":{"tls.key":{"KEYMATERIAL":["KEYMATERIAL"]}}}""")]
    public void Keeps_no_contents_of_a_Secret(string json)
    {
        var secret = Read(json);

        Assert.DoesNotContain("KEYMATERIAL", Everything(secret), StringComparison.Ordinal);
        Assert.DoesNotContain("S0VZTUFURVJJQUw", Everything(secret), StringComparison.Ordinal);
        Assert.Empty(secret.Malformed);
    }

    [Fact]
    public void Lists_only_TLS_Secrets_and_only_on_demand()
    {
        Assert.Equal("api/v1/secrets?fieldSelector=type%3Dkubernetes.io%2Ftls", ResourceKind.Secret.ListPath);
        Assert.Equal((true, false), (ResourceKind.Secret.IsWatchedOnDemand, ResourceKind.Secret.IsJudged));
    }

    private static string Everything(object value) => string.Join('\n', value.GetType().GetProperties().Select(property => property.GetValue(value) switch
    {
        ObjectMeta metadata => string.Join(',', metadata.Labels.Concat(metadata.Annotations).Select(entry => $"{entry.Key}={entry.Value}")),
        CertificateFacts facts => string.Join(',', facts.Names),
        var other => $"{other}",
    }));

    private static Secret Read(string json) => (Secret)ResourceKind.Secret.Read(Encoding.UTF8.GetBytes(json), defaultNamespace: "shop");

    private static string Encoded(string pem) => Convert.ToBase64String(Encoding.ASCII.GetBytes(pem));

    /// <summary>Ends after 2050, from when on certificates write their dates in another form.</summary>
    private static string Certificate(params string[] names)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest("CN=common.example.com", key, HashAlgorithmName.SHA256);
        var alternatives = new SubjectAlternativeNameBuilder();
        foreach (var name in names)
            alternatives.AddDnsName(name);
        request.CertificateExtensions.Add(alternatives.Build());
        using var certificate = request.CreateSelfSigned(Begin, Begin.AddYears(40));
        return certificate.ExportCertificatePem() + "\n" + certificate.ExportCertificatePem();
    }
}
