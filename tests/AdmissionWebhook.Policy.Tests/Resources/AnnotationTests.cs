using AdmissionWebhook.Policy.Controllers;

namespace AdmissionWebhook.Policy.Tests.Resources;

public sealed class AnnotationTests
{
    private const string Prefix = "nginx.ingress.kubernetes.io/";

    private static IEnumerable<Annotation> Nginx => IngressController.IngressNginx.Annotations.ByName.Values.Distinct();

    [Fact]
    public void The_catalogue_has_every_annotation_of_ingress_nginx_with_its_risk() =>
        Assert.Equal(
            [(AnnotationRisk.Low, 76), (AnnotationRisk.Medium, 45), (AnnotationRisk.High, 10), (AnnotationRisk.Critical, 5)],
            Nginx.CountBy(known => known.Risk!.Value).Select(count => (count.Key, count.Value)).Order());

    [Fact]
    public void The_catalogue_says_what_happens_with_an_invalid_value_except_for_snippets()
    {
        Assert.Equal(Nginx.Where(known => known.Name.EndsWith("-snippet", StringComparison.Ordinal)), Nginx.Where(known => known.Invalid == InvalidValue.Taken));
        Assert.All(Nginx, known => Assert.Equal(known.Invalid == InvalidValue.Replaced, known.Instead is not null));
        Assert.All(Nginx.Where(known => known.Invalid != InvalidValue.Taken), known => Assert.False(known.Value.Accepts("\u0001 ;\n"), known.Name));
    }

    [Fact]
    public void Every_annotation_that_another_one_needs_exists() =>
        Assert.All(Nginx.SelectMany(known => known.Needs).SelectMany(need => need), need => Assert.NotNull(IngressController.IngressNginx.Annotations.Find(Prefix + need)));

    [Fact]
    public void A_removed_annotation_does_not_exist_and_its_replacement_does()
    {
        foreach (var gone in new[] { "rate-limit", "secure-backends", "enable-opentracing", "client-max-body-size" })
        {
            Assert.Null(IngressController.IngressNginx.Annotations.Find(Prefix + gone));
            Assert.All(
                IngressController.IngressNginx.Annotations.InsteadOf(Prefix + gone)!.Split([", ", " or "], StringSplitOptions.None),
                instead => Assert.NotNull(IngressController.IngressNginx.Annotations.Find(Prefix + instead.Split(':')[0])));
        }
    }

    [Fact]
    public void Every_annotation_has_a_prefix_of_its_controller() =>
        Assert.All(
            IngressController.All.Where(known => known.IsComplete && known.Id != "contour"),
            known => Assert.All(known.Annotations.ByName.Keys, name => Assert.Same(known, IngressController.ReaderOf(name))));

    [Fact]
    public void An_old_name_finds_the_same_annotation() =>
        Assert.Same(IngressController.IngressNginx.Annotations.Find(Prefix + "allowlist-source-range"), IngressController.IngressNginx.Annotations.Find(Prefix + "whitelist-source-range"));

    [Theory]
    [InlineData("ssl-redirect", "true", true)]
    [InlineData("ssl-redirect", "T", true)]
    [InlineData("ssl-redirect", "0", true)]
    [InlineData("ssl-redirect", "yes", false)]
    [InlineData("ssl-redirect", "on", false)]
    [InlineData("ssl-redirect", "tRUE", false)]
    [InlineData("ssl-redirect", " true", false)]
    [InlineData("proxy-read-timeout", "60", true)]
    [InlineData("proxy-read-timeout", "-60", true)]
    [InlineData("proxy-read-timeout", "+60", true)]
    [InlineData("proxy-read-timeout", "60s", false)]
    [InlineData("proxy-read-timeout", "60 ", false)]
    [InlineData("proxy-read-timeout", "1_000", false)]
    [InlineData("proxy-read-timeout", "9223372036854775808", false)]
    [InlineData("proxy-body-size", "10m", true)]
    [InlineData("proxy-body-size", "10 G", true)]
    [InlineData("proxy-body-size", "10MB", false)]
    [InlineData("proxy-body-size", "٣m", false)]
    [InlineData("proxy-body-size", "10m\n", false)]
    [InlineData("proxy-buffering", " on\n", true)]
    [InlineData("proxy-buffering", "On", false)]
    [InlineData("proxy-ssl-verify", "o n", true)]
    [InlineData("backend-protocol", "grpcs", true)]
    [InlineData("backend-protocol", "H2C", false)]
    [InlineData("session-cookie-samesite", "STRICT", true)]
    [InlineData("affinity", "Cookie", false)]
    [InlineData("allowlist-source-range", "10.0.0.7/8, ::1", true)]
    [InlineData("allowlist-source-range", "10.0.0.0/08", true)]
    [InlineData("allowlist-source-range", "010.0.0.0/8", false)]
    [InlineData("allowlist-source-range", "10.0.0/8", false)]
    [InlineData("allowlist-source-range", "10.0.0.0/33", false)]
    [InlineData("allowlist-source-range", "10.0.0.0/8,", false)]
    [InlineData("allowlist-source-range", "fe80::1%eth0", false)]
    [InlineData("auth-response-headers", "X-User, X-Auth_Token", true)]
    [InlineData("auth-response-headers", "X-User; X-Other", false)]
    [InlineData("auth-tls-match-cn", "CN=(shop|blog).example.com", true)]
    [InlineData("auth-tls-match-cn", "CN=(?P<who>[[:alpha:]]+)", true)]
    [InlineData("auth-tls-match-cn", "shop.example.com", false)]
    [InlineData("auth-tls-match-cn", "CN=(shop", false)]
    [InlineData("auth-tls-match-cn", "CN=(?=shop)", false)]
    [InlineData("cors-allow-origin", "*", true)]
    [InlineData("cors-allow-origin", "https://*.example.com:8443, null", true)]
    [InlineData("cors-allow-origin", "https://shop.example.com/", false)]
    [InlineData("cors-allow-origin", "HTTPS://shop.example.com", false)]
    [InlineData("custom-http-errors", "404, 503", true)]
    [InlineData("custom-http-errors", "301", false)]
    [InlineData("default-backend", "errors", true)]
    [InlineData("default-backend", "9errors", false)]
    [InlineData("server-alias", "*.example.com, ~^www[0-9]+\\.example\\.com$", true)]
    [InlineData("server-alias", "a.example.com b.example.com", false)]
    [InlineData("proxy-cookie-domain", "a.example.com b.example.com", true)]
    [InlineData("proxy-cookie-domain", "a.example.com", false)]
    [InlineData("rewrite-target", "/api/$2", true)]
    [InlineData("rewrite-target", "/api/{x}", false)]
    [InlineData("auth-url", "https://auth.example.com/verify?rd=$request_uri", true)]
    [InlineData("auth-url", "https://auth.example.com/#x", false)]
    public void Reads_a_value_as_ingress_nginx_does(string name, string value, bool isTaken) =>
        Assert.Equal(isTaken, IngressController.IngressNginx.Annotations.Find(Prefix + name)!.Value.Accepts(value));
}
