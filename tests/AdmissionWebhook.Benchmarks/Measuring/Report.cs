using System.Runtime.InteropServices;
using System.Text.Json.Nodes;

namespace AdmissionWebhook.Benchmarks.Measuring;

/// <summary>What one run of a benchmark measured, and on what.</summary>
internal sealed record Report(string Benchmark, params ImmutableArray<Table> Tables)
{
    /// <summary>Why the figures are not acceptable, whatever the machine; null where they are.</summary>
    public string? Failure { get; init; }

    public void Write(TextWriter output)
    {
        output.WriteLine($"{Benchmark}, {RuntimeInformation.FrameworkDescription}, {Environment.ProcessorCount} processors");
        foreach (var table in Tables)
            table.Write(output);
    }

    public JsonNode ToJson() => new JsonObject
    {
        ["benchmark"] = Benchmark,
        ["runtime"] = RuntimeInformation.FrameworkDescription,
        ["processors"] = Environment.ProcessorCount,
        ["time"] = DateTimeOffset.UtcNow,
        ["failure"] = Failure,
        ["tables"] = new JsonArray([.. Tables.Select(table => table.ToJson())]),
    };
}
