using AdmissionWebhook.Policy.Configuration;
using AdmissionWebhook.Policy.Evaluation;
using AdmissionWebhook.Policy.State;
using AdmissionWebhook.Server.Admission;
using AdmissionWebhook.Server.Audit;
using AdmissionWebhook.Server.Operations;
using AdmissionWebhook.Server.Settings;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Logging;

namespace AdmissionWebhook.Server.Tests.Audit;

public sealed class AuditLogTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();
    private readonly Metrics _metrics = new([]);
    private readonly CapturedLog _log = new();

    public void Dispose()
    {
        _metrics.Dispose();
        _folder.Dispose();
    }

    [Fact]
    public async Task Counts_a_lost_record_and_still_writes_the_others()
    {
        var file = _folder.PathOf("audit.log");
        await using (var audit = Open(file))
        {
            audit.Write(Record("first"));
            audit.Write(Record("broken") with { Decision = Record("").Decision with { Patch = [new(null!, null!)] } });
            audit.Write(Record("second"));
        }

        Assert.Equal(["first", "second"], (await File.ReadAllLinesAsync(file)).Select(line => (string?)JsonNode.Parse(line)!["uid"]));
        var line = Assert.Single(_log.Lines);
        Assert.StartsWith("Error: Lost 1 decision records (output: all), 1 since the start: ", line, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Counts_a_lost_record_only_for_the_output_that_failed()
    {
        using var counted = new PrometheusText(_metrics);
        await using (var audit = Open("/dev/full", "true"))
            audit.Write(Record("first"));

        Assert.Equal(["Error: Lost 1 decision records (output: file), 1 since the start: No space left on device : '/dev/full'"], _log.Lines);
    }

    [Fact]
    public async Task Continues_at_the_beginning_of_a_rotated_file()
    {
        var file = _folder.PathOf("audit.log");
        await using (var audit = Open(file))
        {
            audit.Write(Record("first"));
            await UntilWrittenAsync(file);
            File.Move(file, file + ".1");
            audit.Write(Record("second"));
            await UntilWrittenAsync(file);
            await File.WriteAllTextAsync(file, "");
            audit.Write(Record("third"));
        }

        Assert.Equal(["first"], UidsIn(file + ".1"));
        Assert.Equal(["third"], UidsIn(file));
    }

    private static IEnumerable<string?> UidsIn(string file) => File.ReadAllLines(file).Select(line => (string?)JsonNode.Parse(line)!["uid"]);

    private static async Task UntilWrittenAsync(string file)
    {
        using var tick = new PeriodicTimer(TimeSpan.FromMilliseconds(5));
        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(10));
        while (!File.Exists(file) || !(await File.ReadAllTextAsync(file)).EndsWith('\n'))
            await tick.WaitForNextTickAsync(patience.Token);
    }

    private AuditLog Open(string file, string stdout = "false")
    {
        var written = new ConfigurationBuilder().AddInMemoryCollection([new("Audit:File", file), new("Audit:Stdout", stdout)]).Build();
        return new(ServerSettings.Read(written, inCluster: false), _metrics, TimeProvider.System, new Logger<AuditLog>(new LoggerFactory([_log])));
    }

    private static DecisionRecord Record(string uid) =>
        new(DateTimeOffset.UnixEpoch, AdmissionPhase.Validating, new AdmissionRequest { Uid = uid }, PolicyEngine.Decide(new Subject { Operation = Operation.None }, PolicySet.Default, ClusterState.Unknown), "1", TimeSpan.Zero);
}
