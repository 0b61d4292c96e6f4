using System.Text.Json.Serialization;

namespace AdmissionWebhook.Benchmarks.Serving;

/// <summary>What a server's process has used up since its start.</summary>
/// <param name="AllocatedBytes">On its managed heap, whether still there or not.</param>
/// <param name="ProcessorTime">Of all its threads, in user and kernel mode.</param>
/// <param name="Collections">Garbage collections of each generation.</param>
internal sealed record ServerStatistics(long AllocatedBytes, TimeSpan ProcessorTime, ImmutableArray<int> Collections)
{
    /// <summary>Those of this process.</summary>
    public static ServerStatistics OfThisProcess() => new(
        GC.GetTotalAllocatedBytes(precise: true),
        Environment.CpuUsage.TotalTime,
        [.. Enumerable.Range(0, GC.MaxGeneration + 1).Select(GC.CollectionCount)]);
}

/// <summary>Generated, so that telling them takes next to nothing.</summary>
[JsonSerializable(typeof(ServerStatistics))]
internal sealed partial class ServerStatisticsJson : JsonSerializerContext;
