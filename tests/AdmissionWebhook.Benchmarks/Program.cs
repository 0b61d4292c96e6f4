using System.CommandLine;
using AdmissionWebhook.Benchmarks;
using AdmissionWebhook.Benchmarks.Measuring;
using AdmissionWebhook.Benchmarks.Serving;

if (args is ["serve", .. var settings])
    return await MeasuredServer.RunAsync(settings);

var json = new Option<string>("--json") { HelpName = "FILE", Description = "Where to write the results for programs.", Recursive = true };
var rounds = new Option<int>("--rounds") { HelpName = "COUNT", Description = "How often each endpoint is driven; the calmer half counts.", DefaultValueFactory = _ => 40 };
var seconds = new Option<double>("--seconds") { HelpName = "COUNT", Description = "How long, each time.", DefaultValueFactory = _ => 0.3 };
var requests = new Argument<int>("REQUESTS") { Description = "How many.", DefaultValueFactory = _ => 1_000_000 };

var root = new RootCommand("Measures how fast and how large the webhook is. docs/performance.md has the figures.")
{
    json,
    Benchmark(
        new("decide", "One review without the wire: time and memory of reading, deciding and answering."),
        _ => Task.FromResult(DecideRun.Run())),
    Benchmark(
        new("load", "Reviews over TLS, beside an endpoint that answers without looking.") { rounds, seconds },
        parsed => new LoadBenchmark(parsed.GetValue(rounds), TimeSpan.FromSeconds(parsed.GetValue(seconds))).RunAsync()),
    Benchmark(
        new("start", "From the start of the process to ready, and to the first answer."),
        _ => StartBenchmark.RunAsync()),
    Benchmark(
        new("files", "The command line on many manifests, and an audit in memory."),
        _ => FilesBenchmark.RunAsync()),
    Benchmark(
        new("soak", "A great many reviews, after which the server must be as large as before.") { requests },
        parsed => SoakBenchmark.RunAsync(parsed.GetValue(requests))),
};
return await root.Parse(args).InvokeAsync();

Command Benchmark(Command command, Func<ParseResult, Task<Report>> run)
{
    command.SetAction(async (parsed, cancellation) =>
    {
        var report = await run(parsed);
        report.Write(Console.Out);
        if (parsed.GetValue(json) is { } file)
            await File.WriteAllTextAsync(file, report.ToJson().ToString(), cancellation);
        if (report.Failure is not null)
            await Console.Error.WriteLineAsync(report.Failure);
        return report.Failure is null ? 0 : 1;
    });
    return command;
}
