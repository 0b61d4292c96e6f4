namespace AdmissionWebhook.Cli.Tests;

public sealed class TextReportTests
{
    private const string Hostile =
        """
        apiVersion: v1
        kind: Service
        metadata: {name: "[red]x[/]\e[2J\u202e\nfake: allowed"}
        spec: {type: NodePort}
        """;

    [Fact]
    public void Lists_findings_and_defaults_of_each_object_from_top_to_bottom()
    {
        var manifest = Manifests.Ingress("web", "number: 8080").Replace("  ingressClassName: nginx\n", "", StringComparison.Ordinal)
            .Replace("hosts: [shop.example.com]", "hosts: [other.example.com]", StringComparison.Ordinal);

        var run = Cli.Check(manifest, "--cluster", Cli.SampleCluster);

        Assert.Equal(
            """
            Ingress shop/web: denied
              -:5: Deny  spec.tls
                host "shop.example.com" is served without TLS; add it to spec.tls[].hosts. [ingress-tls-required]
              -:16: Deny  spec.rules[0].http.paths[0].backend.service.port.number
                Service "web" has no port 8080; it exposes 80 (http). Use port 80 or name http. [ingress-backend-port-exists]
              defaults: /spec/ingressClassName = "nginx"

            1 object: 1 denied.

            """,
            run.Output);
    }

    [Fact]
    public void Only_counts_an_object_without_findings()
    {
        var run = Cli.Check(Manifests.Service("web", 80));

        Assert.Equal("1 object: all allowed.", run.Output.Trim());
    }

    [Fact]
    public void Writes_plain_unwrapped_lines_to_a_pipe()
    {
        var host = string.Join('.', Enumerable.Repeat("long", 500));

        var run = Cli.Check(Manifests.Ingress("web", "number: 80", host: host).Replace($"hosts: [{host}]", "hosts: [other.example.com]", StringComparison.Ordinal));

        var line = $"    host \"{host}\" is served without TLS; add it to spec.tls[].hosts. [ingress-tls-required]";
        Assert.Contains(line, run.Output.Split(Environment.NewLine));
        Assert.DoesNotContain('\e', run.Output);
    }

    [Fact]
    public void Does_not_wrap_the_list_of_rules_in_a_pipe()
    {
        var run = Cli.Run("rules");

        Assert.Contains("Only namespaces that the policy allows have Services of type LoadBalancer.", run.Output, StringComparison.Ordinal);
        Assert.DoesNotContain('\e', run.Output);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Escapes_control_characters_in_names(bool isTerminal)
    {
        var run = Cli.Run(Hostile, isTerminal, "check", "-");

        Assert.DoesNotContain("\e[2J", run.Output, StringComparison.Ordinal);
        Assert.DoesNotContain('\u202e', run.Output);
        Assert.Contains(@"Service default/[red]x[/]\u001b[2J\u202e\u000afake: allowed", run.Output, StringComparison.Ordinal);
    }

    [Fact]
    public void Escapes_control_characters_in_errors()
    {
        var run = Cli.Run("check", "\e[2J.yaml");

        Assert.Contains(@"\u001b[2J.yaml", run.Error, StringComparison.Ordinal);
        Assert.DoesNotContain('\e', run.Error);
    }

    [Fact]
    public void Writes_colours_to_a_terminal_unless_NO_COLOR_is_set()
    {
        var coloured = Cli.Run(Manifests.NodePort, isTerminal: true, "check", "-");
        Environment.SetEnvironmentVariable("NO_COLOR", "1");
        var plain = Cli.Run(Manifests.NodePort, isTerminal: true, "check", "-");
        Environment.SetEnvironmentVariable("NO_COLOR", null);

        Assert.Contains("\e[91mdenied\e[0m", coloured.Output, StringComparison.Ordinal);
        Assert.DoesNotContain('\e', plain.Output);
        Assert.Contains("Service shop/debug: denied", plain.Output, StringComparison.Ordinal);
    }
}
