using AdmissionWebhook.Benchmarks;

return args switch
{
    ["decide"] => DecideBenchmark.Run(),
    ["start"] => await StartBenchmark.RunAsync(12_000, 13_000),
    _ => Usage(),
};

static int Usage()
{
    Console.Error.WriteLine("dotnet run -c Release --project tests/AdmissionWebhook.Benchmarks -- decide|start");
    return 2;
}
