using AdmissionWebhook.Cli.Options;

namespace AdmissionWebhook.Cli.Tests;

public sealed class InputTests
{
    [Fact]
    public void Reads_all_manifests_below_a_folder()
    {
        using var cli = new Cli();
        cli.Write("app/a.yaml", Manifests.NodePort);
        cli.Write("app/deep/b.yml", Manifests.NodePort);
        cli.Write("app/deep/c.json", """{"apiVersion": "v1", "kind": "Service", "metadata": {"name": "c"}, "spec": {"type": "NodePort"}}""");
        cli.Write("app/README.md", "not a manifest");

        var run = Cli.Run("check", cli.PathOf("app"));

        Assert.Contains("3 objects: 3 denied.", run.Output, StringComparison.Ordinal);
        Assert.Contains($"{cli.PathOf("app/deep/c.json")}:1: Deny  spec.type", run.Output, StringComparison.Ordinal);
    }

    [Fact]
    public void Rejects_a_link_to_an_endless_device()
    {
        using var cli = new Cli();
        cli.Write("app/a.yaml", Manifests.NodePort);
        File.CreateSymbolicLink(cli.PathOf("app/zero.yaml"), "/dev/zero");

        var run = Cli.Run("check", cli.PathOf("app"));

        Assert.Equal(2, run.ExitCode);
        Assert.Equal([$"\"{cli.PathOf("app/zero.yaml")}\": It must be a regular file, not a pipe, a socket or a device. To read from a pipe, write - and redirect standard input."], run.ErrorLines);
    }

    [Theory]
    [InlineData("/dev/zero")]
    [InlineData("/dev/urandom")]
    public void Rejects_a_device_in_every_file_option(string device)
    {
        using var cli = new Cli();
        var manifest = cli.Write("a.yaml", Manifests.NodePort);

        foreach (var args in (string[][])[["check", device], ["check", manifest, "--cluster", device], ["check", manifest, "--policy", device], ["check", manifest, "--kubeconfig", device]])
        {
            var run = Cli.Run(args);
            Assert.Equal(2, run.ExitCode);
            Assert.Contains("It must be a regular file", Assert.Single(run.ErrorLines), StringComparison.Ordinal);
        }
    }

    [Fact]
    public void Rejects_a_pipe_without_a_writer()
    {
        using var cli = new Cli();
        cli.Write("app/a.yaml", Manifests.NodePort);
        using (var made = System.Diagnostics.Process.Start("mkfifo", cli.PathOf("app/fifo.yaml")))
            made.WaitForExit();

        var run = Cli.Run("check", cli.PathOf("app"));

        Assert.Equal(2, run.ExitCode);
        Assert.Contains("It must be a regular file", Assert.Single(run.ErrorLines), StringComparison.Ordinal);
    }

    [Fact]
    public void Rejects_a_file_of_gigabytes()
    {
        using var cli = new Cli();
        using (var sparse = File.Create(cli.PathOf("sparse.yaml")))
            sparse.SetLength(5L << 30);

        var run = Cli.Run("check", cli.PathOf("sparse.yaml"));

        Assert.Equal(2, run.ExitCode);
        Assert.Equal([$"\"{cli.PathOf("sparse.yaml")}\": The file has 5368709120 bytes; the limit is 64 MiB. Split it."], run.ErrorLines);
    }

    [Fact]
    public async Task Rejects_endless_standard_input()
    {
        using var error = new StringWriter();
        using var endless = new EndlessReader();

        var exitCode = await CommandLine.RunAsync(["check", "-"], new(endless, TextWriter.Null, error, IsTerminal: false), TimeProvider.System);

        Assert.Equal((2, "\"-\": The input has more; the limit is 64 MiB. Split it." + Environment.NewLine), (exitCode, error.ToString()));
    }

    [Fact]
    public async Task An_unexpected_failure_is_one_line_and_exit_code_2()
    {
        using var error = new StringWriter();
        using var broken = new BrokenReader();

        var exitCode = await CommandLine.RunAsync(["check", "-"], new(broken, TextWriter.Null, error, IsTerminal: false), TimeProvider.System);

        Assert.Equal((2, "This is a bug, please report it: InvalidOperationException: one two" + Environment.NewLine), (exitCode, error.ToString()));
    }

    private sealed class EndlessReader : TextReader
    {
        public override int Read(char[] buffer, int index, int count)
        {
            buffer.AsSpan(index, count).Fill('#');
            return count;
        }

        public override int Read(Span<char> buffer)
        {
            buffer.Fill('#');
            return buffer.Length;
        }
    }

    private sealed class BrokenReader : TextReader
    {
        public override int Read(char[] buffer, int index, int count) => throw new InvalidOperationException("one\ntwo");

        public override int Read(Span<char> buffer) => throw new InvalidOperationException("one\ntwo");
    }

    [Fact]
    public void Reports_every_error_in_every_file_at_once_with_its_line()
    {
        using var cli = new Cli();
        var manifest = cli.Write("a.yaml", "apiVersion: v1\nkind: Service\n---\nfoo: bar\n---\n- list\n");
        var cluster = cli.Write("b.yaml", "apiVersion: v1\nkind: {\n");
        var policy = cli.Write("c.yaml", Manifests.Policy("{ingress-tls-requird: {}}"));

        var run = Cli.Run("check", manifest, "--cluster", cluster, "--policy", policy, "--old", cli.PathOf("missing.yaml"));

        Assert.Equal(2, run.ExitCode);
        Assert.Empty(run.Output);
        Assert.Collection(
            run.ErrorLines,
            line => Assert.StartsWith($"{manifest}:4: ", line, StringComparison.Ordinal),
            line => Assert.StartsWith($"{manifest}:6: ", line, StringComparison.Ordinal),
            line => Assert.StartsWith($"{cluster}:3: ", line, StringComparison.Ordinal),
            line => Assert.Equal($"\"{cli.PathOf("missing.yaml")}\": does not exist", line),
            line => Assert.StartsWith($"{policy}:5: spec.rules.ingress-tls-requird: rule \"ingress-tls-requird\" does not exist", line, StringComparison.Ordinal));
    }

    [Fact]
    public void Reports_every_unreadable_file_of_a_folder_with_all_other_errors()
    {
        using var cli = new Cli();
        foreach (var name in new[] { "app/a.yaml", "app/c.yaml" })
        {
            cli.Write(name, "");
            File.Delete(cli.PathOf(name));
            File.CreateSymbolicLink(cli.PathOf(name), cli.PathOf("nothing"));
        }

        cli.Write("app/b.yaml", "foo: bar: baz\n");

        var run = Cli.Run("check", cli.PathOf("app"));

        Assert.Equal(2, run.ExitCode);
        Assert.Collection(
            run.ErrorLines,
            line => Assert.StartsWith($"\"{cli.PathOf("app/a.yaml")}\": Could not find", line, StringComparison.Ordinal),
            line => Assert.StartsWith($"{cli.PathOf("app/b.yaml")}:1: ", line, StringComparison.Ordinal),
            line => Assert.StartsWith($"\"{cli.PathOf("app/c.yaml")}\": Could not find", line, StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("nowhere.yaml")]
    [InlineData("")]
    public void Names_a_path_that_does_not_exist(string path)
    {
        var run = Cli.Run("check", path);

        Assert.Equal((2, $"\"{path}\": does not exist"), (run.ExitCode, run.Error.Trim()));
    }

    [Fact]
    public void A_check_without_objects_does_not_pass()
    {
        using var cli = new Cli();
        cli.Write("empty.yaml", "# only a comment\n---\n");

        var run = Cli.Run("check", cli.PathOf(""));

        Assert.Equal(2, run.ExitCode);
        Assert.Contains("no object to check was found", run.Error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("check")]
    [InlineData("chek")]
    [InlineData("check", "-", "--fail-on", "sometimes")]
    [InlineData("check", "-", "--operation", "PATCH")]
    [InlineData("check", "-", "--output", "xml")]
    [InlineData]
    public void Exits_2_for_an_invalid_argument(params string[] args)
    {
        var run = Cli.Run(args);

        Assert.Equal(2, run.ExitCode);
        Assert.Contains("--help", run.Error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("Option --polcy does not exist. Did you mean --policy?", "--polcy", "x")]
    [InlineData("Rule \"ingress-tls-requird\" does not exist. Did you mean ingress-tls-required?", "--only", "ingress-tls-requird")]
    [InlineData("--output sarif is not supported yet", "--output", "sarif")]
    [InlineData("--output JUnit is not supported yet", "--output", "JUnit")]
    [InlineData("--output github is not supported yet", "--output", "github")]
    [InlineData("--old must not be combined with --operation create; it requires UPDATE.", "--old", "x", "--operation", "create")]
    public void Rejects_an_impossible_request_with_the_reason(string reason, params string[] options)
    {
        var run = Cli.Check(Manifests.NodePort, options);

        Assert.Equal(2, run.ExitCode);
        Assert.Contains(reason, run.Error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("check")]
    [InlineData("audit")]
    public void Help_explains_every_option_in_a_sentence(string command)
    {
        var run = Cli.Run(command, "--help");
        var streams = new Streams(TextReader.Null, TextWriter.Null, TextWriter.Null, IsTerminal: false);

        Assert.Equal(0, run.ExitCode);
        foreach (var option in command == "audit" ? new AuditCommand(streams, TimeProvider.System).All : new CheckOptions().All)
        {
            Assert.EndsWith(".", option.Description, StringComparison.Ordinal);
            Assert.Contains(option.Name, run.Output, StringComparison.Ordinal);
        }
    }

    [Fact]
    public void Prints_the_version()
    {
        Assert.Equal(0, Cli.Run("--version").ExitCode);
    }
}
