using System.Net.Sockets;
using AdmissionWebhook.Server.Settings;
using AdmissionWebhook.TestSupport;
using Microsoft.Extensions.Configuration;

namespace AdmissionWebhook.Server.Tests.Settings;

public sealed class ServerSettingsTests
{
    private static readonly string Cluster = $"--Cluster:Manifests:0={Repository.PathOf("config", "samples", "cluster")}";

    [Fact]
    public void Outside_a_cluster_no_setting_is_required()
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
    public void Reports_every_invalid_setting_at_once_with_its_key()
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
                "Webhook:Port: must be a whole number, not \"https\".",
                "Certificate:Source: must be one of Auto, Files, SelfManaged, Ephemeral, not \"Filez\".",
                "Audit:Stdout: must be true or false, not \"maybe\".",
                "Webhok:Port: is not a setting; did you mean Webhook:Port?",
                "Webhook:Prot: is not a setting; did you mean Webhook:Port?",
                "Webhook:Address: must be an IP address, not \"localhost\".",
                "Operations:Port: must be 0 to 65535, not 70000.",
                "Policy:Files:0: \"/nowhere/policy.yaml\" does not exist.",
            ],
            mistakes);
    }

    [Theory]
    [InlineData("--Policy:Source=Cluster", "Policy:Source: must not be Cluster where Cluster:Source is Manifests; use Files.")]
    [InlineData("--Cluster:Namespace=Web_Hooks", "Cluster:Namespace: \"Web_Hooks\" is not a valid name of a namespace.")]
    [InlineData("--Certificate:Source=SelfManaged", "Certificate:Source: must not be SelfManaged where Cluster:Source is Manifests; use Files or Ephemeral.")]
    [InlineData("--Certificate:CertificateFile=/no.crt", "Certificate:CertificateFile: \"/no.crt\" does not exist.", "Certificate:KeyFile: is required where Certificate:Source is Files.")]
    [InlineData("--Operations:Port=8443", "Operations:Port: 8443 is already used by Webhook:Port; choose another port.")]
    [InlineData("--Webhook:MaxConnectionsPerAddress=1201", "Webhook:MaxConnectionsPerAddress: must be 1 to Webhook:MaxConnections, not 1201.")]
    [InlineData("--Webhook:MaxReviewsPerAddress=0", "Webhook:MaxReviewsPerAddress: must be 1 to Webhook:MaxReviews, not 0.")]
    [InlineData("--Webhook:BodyTimeout=31s", "Webhook:BodyTimeout: must be 1s to 30s, not 00:00:31.")]
    [InlineData("--Webhook:CallerTokens:Issuer=a", "Webhook:CallerTokens:Jwks: is required with the other settings of Webhook:CallerTokens.")]
    [InlineData("--Webhook:CallerTokens:Jwks=/no.json", "Webhook:CallerTokens:Jwks: \"/no.json\" does not exist.",
        "Webhook:CallerTokens:Issuer: is required with Webhook:CallerTokens:Jwks; kubectl get --raw /.well-known/openid-configuration shows it.",
        "Webhook:CallerTokens:Audience: is required with Webhook:CallerTokens:Jwks, such as https://admission-webhook.admission-webhook.svc:443/validate.")]
    [InlineData("--Audit:File=/nowhere/audit.log", "Audit:File: \"/nowhere/audit.log\" is not writable.")]
    public void Rejects_a_setting_that_cannot_work(string argument, params string[] expected) =>
        Assert.Equal(expected, MistakesIn(Cluster, argument));

    [Fact]
    public void The_console_port_is_free_for_other_programs() => Assert.Equal(8081, Read([Cluster, "--Operations:Port=8081"]).Operations.Port);

    [Fact]
    public void Reports_every_invalid_certificate_setting_at_once() =>
        Assert.Equal(
            [
                "Certificate:TrustDelay: must be a duration in days, hours, minutes or seconds, like 90d, 12h, 30m or 10s, not \"soon\".",
                "Certificate:ServiceName: \"web.hooks\" is not a valid name of a Service.",
                "Certificate:SecretName: \"-a\" is not a valid name of a Secret.",
                "Certificate:WebhookConfiguration: \"A\" is not a valid name of a webhook configuration.",
                "Certificate:Names:1: must be a DNS name or an IP address, not \"a_b\".",
                "Certificate:Lifetime: must be 1h to 825d.",
                "Certificate:AuthorityLifetime: must be at most 3650d and at least three times Certificate:Lifetime; an authority must not expire before its certificates.",
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
    public void An_environment_variable_sets_the_same_as_an_option()
    {
        var environment = new Dictionary<string, string?> { ["WEBHOOK:PORT"] = "9443", ["Policy:Files:0"] = Repository.PathOf("config"), ["Policy:Files:1"] = Repository.PathOf("docs") };

        var settings = ServerSettings.Read(new ConfigurationBuilder().AddInMemoryCollection(environment).AddCommandLine([Cluster]).Build(), inCluster: false);

        Assert.Equal(9443, settings.Webhook.Port);
        Assert.Equal(2, settings.Policy.Files.Length);
    }

    private static ServerSettings Read(string[] args, bool inCluster = false) => ServerSettings.Read(new ConfigurationBuilder().AddCommandLine(args).Build(), inCluster);

    private static IReadOnlyList<string> MistakesIn(params string[] args) => Assert.Throws<StartRefusedException>(() => Read(args)).Mistakes;
}
