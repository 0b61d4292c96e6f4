using AdmissionWebhook.KubernetesApi;
using AdmissionWebhook.KubernetesApi.Configuration;
using AdmissionWebhook.Policy.Evaluation;
using AdmissionWebhook.Policy.Resources;

namespace AdmissionWebhook.Cli.Clusters;

/// <summary>A cluster whose API server tells what exists.</summary>
/// <param name="server">The API server.</param>
internal sealed class LiveCluster(ApiServer server)
{
    /// <summary>The namespace of the chosen context; null where it has none.</summary>
    public string? Namespace => server.Namespace;

    /// <summary>How long the server may say nothing.</summary>
    public TimeSpan Patience { get; init; } = TimeSpan.FromMinutes(1);

    /// <summary>The one kubectl would talk to.</summary>
    /// <param name="kubeconfig">A kubeconfig file; null for those of KUBECONFIG, else ~/.kube/config, else the cluster this process runs in.</param>
    /// <param name="context">A context; null for the current one.</param>
    /// <param name="mistakes">Takes the reason why there is none.</param>
    /// <returns>Null when there is none.</returns>
    public static LiveCluster? Find(string? kubeconfig, string? context, ICollection<string> mistakes)
    {
        try
        {
            return new(kubeconfig is null ? FindDefault(context) : KubeConfig.Read([kubeconfig], context));
        }
        catch (KubeConfigException unusable)
        {
            mistakes.Add(unusable.Message);
            return null;
        }
    }

    /// <summary>Lists every object of some kinds. A kind that may not be listed is a gap; whatever else goes wrong is a mistake.</summary>
    /// <param name="kinds">The kinds.</param>
    /// <param name="streams">Where the progress is shown.</param>
    /// <param name="mistakes">Takes what went wrong.</param>
    /// <param name="cancellation">Gives up.</param>
    /// <returns>Null when anything went wrong.</returns>
    public async Task<Cluster?> ReadAsync(
        IEnumerable<ResourceKind> kinds, Streams streams, ICollection<string> mistakes, CancellationToken cancellation)
    {
        var listings = await ListAsync([.. kinds], streams, cancellation);
        var failures = listings.Where(listing => listing is { Failure: not null, IsForbidden: false }).ToList();
        foreach (var failure in failures.GroupBy(listing => listing.Failure, listing => listing.Kind.Plural))
            mistakes.Add($"{server.Address}: cannot list {string.Join(", ", failure)}: {failure.Key}");
        if (failures.Count > 0)
            return null;

        var known = listings.Where(listing => listing.Failure is null).ToList();
        return new(
            known.Aggregate(ClusterState.Unknown, (state, listing) => state.WithAll(listing.Kind, listing.Objects)),
            [.. known.SelectMany(listing => listing.Objects).Select(found => new StoredObject(found, Manifest: null))])
        {
            IsLive = true,
            Gaps = [.. listings.Except(known).Select(gap => $"warning: {server.Address}: nothing is known of {gap.Kind.Plural}: {gap.Failure}")],
        };
    }

    private static ApiServer FindDefault(string? context)
    {
        var files = KubeConfig.DefaultFiles(Environment.GetEnvironmentVariable);
        if (context is null && !files.Any(File.Exists) && ApiServer.InCluster(Environment.GetEnvironmentVariable) is { } around)
            return around;
        return files.IsEmpty ? throw new KubeConfigException("KUBECONFIG names no file that exists.") : KubeConfig.Read(files, context);
    }

    private async Task<Listing[]> ListAsync(ImmutableArray<ResourceKind> kinds, Streams streams, CancellationToken cancellation)
    {
        using var client = new KubernetesApiClient(server);
        return await Progress.ShowAsync(streams, "Listing", kinds.Length, listed => Task.WhenAll(kinds.Select(async kind =>
        {
            var listing = await Listing.ReadAsync(client, kind, Patience, cancellation);
            listed();
            return listing;
        })));
    }
}
