using System.Net.Sockets;
using AdmissionWebhook.Server.Settings;
using AdmissionWebhook.TestSupport;
using Microsoft.Extensions.Configuration;

namespace AdmissionWebhook.Server.Tests.Settings;

public sealed class ServerSettingsTests
{
    private static readonly string Cluster = $"--Cluster:Manifests:0={Repository.PathOf("config", "samples", "cluster")}";

    [Fact]
    public void Outside_a_cluster_nothing_needs_to_be_set()
    {
        var settings = Read([Cluster]);

        Assert.Equal(new WebhookSettings("127.0.0.1", 8443), settings.Webhook);
        Assert.Equal((8080, 8081), (settings.Operations.Port, settings.Console.Port));
        Assert.Equal((ClusterSource.Manifests, PolicySource.Files, CertificateSource.Ephemeral), (settings.Cluster.Source, settings.Policy.Source, settings.Certificate.Source));
        Assert.Equal(new AuditSettings(null, true), settings.Audit);
        Assert.True(File.Exists(Assert.Single(settings.Policy.Files)));
        Assert.EndsWith("config/policies/organisation.yaml", settings.Policy.Files[0], StringComparison.Ordinal);
    }

    [Fact]
    public void The_shipped_sample_cluster_is_the_default() =>
        Assert.EndsWith("config/samples/cluster", Assert.Single(Read([]).Cluster.Manifests), StringComparison.Ordinal);

    [Fact]
    public void In_a_cluster_the_webhook_listens_on_every_address() =>
        Assert.Equal(Socket.OSSupportsIPv6 ? "::" : "0.0.0.0", Read([Cluster, "--Cluster:Source=Manifests", "--Certificate:Source=Ephemeral"], inCluster: true).Webhook.Address);

    [Theory]
    [InlineData(true, PolicySource.Cluster)]
    [InlineData(true, PolicySource.Files, "--Policy:Source=Files")]
    [InlineData(false, PolicySource.Files, "--Cluster:Source=Kubeconfig")]
    [InlineData(false, PolicySource.Cluster, "--Cluster:Source=Kubeconfig", "--Policy:Source=Cluster")]
    internal void In_a_cluster_policies_come_from_it_unless_somebody_says_otherwise(bool inCluster, PolicySource expected, params string[] args) =>
        Assert.Equal(expected, Read([Cluster, "--Certificate:Source=Ephemeral", .. args], inCluster).Policy.Source);

    [Fact]
    public void Every_mistake_is_told_at_once_with_its_key()
    {
        var mistakes = MistakesIn(
            Cluster,
            "--Webhook:Address=localhost",
            "--Webhook:Port=https",
            "--Operations:Port=70000",
            "--Audit:Stdout=maybe",
            "--Certificate:Source=Filez",
            "--Policy:Files:0=/nowhere/policy.yaml",
            "--Webhook:Prot=1",
            "--Webhok:Port=2");

        Assert.Equal(
            [
                "Webhook:Port: expected a whole number, found \"https\".",
                "Certificate:Source: expected one of Auto, Files, SelfManaged, Ephemeral, found \"Filez\".",
                "Audit:Stdout: expected true or false, found \"maybe\".",
                "Webhok:Port: there is no such setting; did you mean Webhook:Port?",
                "Webhook:Prot: there is no such setting; did you mean Webhook:Port?",
                "Webhook:Address: \"localhost\" is no IP address.",
                "Operations:Port: 70000 is no port: expected 0 to 65535.",
                "Policy:Files:0: there is nothing at \"/nowhere/policy.yaml\".",
            ],
            mistakes);
    }

    [Theory]
    [InlineData("--Policy:Source=Cluster", "Policy:Source: Cluster needs an API server, and Cluster:Source is Manifests; use Files.")]
    [InlineData("--Cluster:Namespace=Web_Hooks", "Cluster:Namespace: \"Web_Hooks\" cannot be the name of a namespace.")]
    [InlineData("--Certificate:Source=SelfManaged", "Certificate:Source: SelfManaged needs an API server, and Cluster:Source is Manifests; use Files or Ephemeral.")]
    [InlineData("--Certificate:CertificateFile=/no.crt", "Certificate:CertificateFile: there is nothing at \"/no.crt\".", "Certificate:KeyFile: is needed too.")]
    [InlineData("--Operations:Port=8443", "Operations:Port: 8443 is the port of the webhook already.")]
    [InlineData("--Webhook:MaxConnectionsPerAddress=1201", "Webhook:MaxConnectionsPerAddress: 1201 must be 1 to Webhook:MaxConnections.")]
    [InlineData("--Webhook:MaxReviewsPerAddress=0", "Webhook:MaxReviewsPerAddress: 0 must be 1 to Webhook:MaxReviews.")]
    [InlineData("--Webhook:BodyTimeout=31s", "Webhook:BodyTimeout: 00:00:31 is no timeout: expected 1s to 30s.")]
    [InlineData("--Webhook:CallerTokens:Issuer=a", "Webhook:CallerTokens:Jwks: is needed too: without it no token is verified.")]
    [InlineData("--Webhook:CallerTokens:Jwks=/no.json", "Webhook:CallerTokens:Jwks: there is nothing at \"/no.json\".",
        "Webhook:CallerTokens:Issuer: is needed too: kubectl get --raw /.well-known/openid-configuration has it.",
        "Webhook:CallerTokens:Audience: is needed too, such as https://admission-webhook.admission-webhook.svc:443/validate.")]
    [InlineData("--Audit:File=/nowhere/audit.log", "Audit:File: \"/nowhere/audit.log\" cannot be written.")]
    public void What_cannot_work_is_refused(string argument, params string[] expected) =>
        Assert.Equal(expected, MistakesIn(Cluster, argument));

    [Fact]
    public void A_port_at_which_nothing_listens_yet_is_free_for_others() => Assert.Equal(8081, Read([Cluster, "--Operations:Port=8081"]).Operations.Port);

    [Fact]
    public void Everything_that_is_wrong_about_the_certificate_is_told_at_once() =>
        Assert.Equal(
            [
                "Certificate:TrustDelay: expected a duration in days, hours, minutes or seconds, like 90d, 12h, 30m or 10s, found \"soon\".",
                "Certificate:ServiceName: \"web.hooks\" cannot be the name of a Service.",
                "Certificate:SecretName: \"-a\" cannot be the name of a Secret.",
                "Certificate:WebhookConfiguration: \"A\" cannot be the name of a webhook configuration.",
                "Certificate:Names:1: \"a_b\" is no DNS name and no IP address.",
                "Certificate:Lifetime: expected 1h to 825d.",
                "Certificate:AuthorityLifetime: expected 3650d at most, and three times Certificate:Lifetime at least: an authority must not end before what it has signed.",
            ],
            MistakesIn(
                "--Cluster:Source=Kubeconfig", "--Certificate:Source=SelfManaged", "--Certificate:TrustDelay=soon", "--Certificate:ServiceName=web.hooks", "--Certificate:SecretName=-a",
                "--Certificate:WebhookConfiguration=A", "--Certificate:Names:0=10.0.0.7", "--Certificate:Names:1=a_b", "--Certificate:Lifetime=900d", "--Certificate:AuthorityLifetime=365d"));

    [Theory]
    [InlineData(true, CertificateSource.SelfManaged)]
    [InlineData(false, CertificateSource.Ephemeral)]
    [InlineData(true, CertificateSource.Files, "--Certificate:CertificateFile=/tls.crt", "--Certificate:KeyFile=/tls.key")]
    internal void By_itself_a_server_takes_files_it_was_told_of_else_it_manages_in_a_cluster_and_makes_one_elsewhere(bool inCluster, CertificateSource expected, params string[] args) =>
        Assert.Equal(expected, Read(["--Cluster:Source=Kubeconfig", .. args], inCluster).Certificate.Source);

    [Fact]
    public void The_environment_sets_what_the_command_line_does()
    {
        var environment = new Dictionary<string, string?> { ["WEBHOOK:PORT"] = "9443", ["Policy:Files:0"] = Repository.PathOf("config"), ["Policy:Files:1"] = Repository.PathOf("docs") };

        var settings = ServerSettings.Read(new ConfigurationBuilder().AddInMemoryCollection(environment).AddCommandLine([Cluster]).Build(), inCluster: false);

        Assert.Equal(9443, settings.Webhook.Port);
        Assert.Equal(2, settings.Policy.Files.Length);
    }

    private static ServerSettings Read(string[] args, bool inCluster = false) => ServerSettings.Read(new ConfigurationBuilder().AddCommandLine(args).Build(), inCluster);

    private static IReadOnlyList<string> MistakesIn(params string[] args) => Assert.Throws<StartRefusedException>(() => Read(args)).Mistakes;
}
