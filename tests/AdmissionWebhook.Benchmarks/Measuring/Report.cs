using System.Reflection.PortableExecutable;
using System.Runtime.InteropServices;
using System.Text.Json.Nodes;

namespace AdmissionWebhook.Benchmarks.Measuring;

/// <summary>What one run of a benchmark measured, and on what.</summary>
internal sealed record Report(string Benchmark, params ImmutableArray<Table> Tables)
{
    /// <summary>Why the figures are not acceptable, whatever the machine; null where they are.</summary>
    public string? Failure { get; init; }

    /// <summary>Only what was published is: a program that was built compiles everything while it runs.</summary>
    private static bool IsCompiledAhead
    {
        get
        {
            using var assembly = new PEReader(File.OpenRead(ServerProcess.Beside("AdmissionWebhook.Server.dll")));
            return assembly.PEHeaders.CorHeader!.ManagedNativeHeaderDirectory.Size > 0;
        }
    }

    public void Write(TextWriter output)
    {
        output.WriteLine($"{Benchmark}, {(IsCompiledAhead ? "compiled ahead as what ships" : "not compiled ahead, unlike what ships")}, {RuntimeInformation.FrameworkDescription}, {Environment.ProcessorCount} processors");
        foreach (var table in Tables)
            table.Write(output);
    }

    public JsonNode ToJson() => new JsonObject
    {
        ["benchmark"] = Benchmark,
        ["compiledAhead"] = IsCompiledAhead,
        ["runtime"] = RuntimeInformation.FrameworkDescription,
        ["processors"] = Environment.ProcessorCount,
        ["time"] = DateTimeOffset.UtcNow,
        ["failure"] = Failure,
        ["tables"] = new JsonArray([.. Tables.Select(table => table.ToJson())]),
    };
}
