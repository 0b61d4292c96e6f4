using System.Text;
using AdmissionWebhook.KubernetesApi;
using AdmissionWebhook.KubernetesApi.Configuration;
using AdmissionWebhook.Policy.Configuration;
using AdmissionWebhook.Policy.Configuration.Schemas;
using AdmissionWebhook.Policy.Kinds;
using AdmissionWebhook.Policy.Manifests;
using AdmissionWebhook.Policy.State;

namespace AdmissionWebhook.Cli.Clusters;

/// <summary>A cluster whose API server tells what exists.</summary>
/// <param name="server">The API server.</param>
internal sealed class LiveCluster(ApiServer server)
{
    /// <summary>The API server.</summary>
    public ApiServer Server => server;

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
    /// <param name="kept">The objects whose JSON is kept.</param>
    /// <param name="streams">Where the progress is shown.</param>
    /// <param name="mistakes">Takes what went wrong.</param>
    /// <param name="cancellation">Gives up.</param>
    /// <returns>Null when anything went wrong.</returns>
    public async Task<Cluster?> ReadAsync(
        IEnumerable<ResourceKind> kinds, IReadOnlySet<ObjectReference> kept, Streams streams, ICollection<string> mistakes, CancellationToken cancellation)
    {
        var wanted = kinds.ToImmutableArray();
        var listings = await ListAsync(wanted, kept, streams, cancellation);
        if (NoteFailures(listings.Where(listing => !listing.IsForbidden), mistakes))
            return null;

        var known = wanted.Zip(listings).Where(pair => pair.Second.Failure is null).ToList();
        return new(
            known.Aggregate(ClusterState.Unknown, (state, pair) => state.WithAll(pair.First, pair.Second.Objects.Select(found => found.Object))),
            [.. known.SelectMany(pair => pair.Second.Objects)])
        {
            IsLive = true,
            Gaps = [.. listings.Where(listing => listing.IsForbidden).Select(gap => $"warning: {server.Address}: cannot list {gap.Plural}, so rules cannot check them: {gap.Failure}")],
        };
    }

    /// <summary>Reads the policies and exemptions of the cluster. Whatever goes wrong is a mistake.</summary>
    /// <returns>Null when anything went wrong.</returns>
    public async Task<PolicySet?> ReadPoliciesAsync(ManifestReader reader, CancellationToken cancellation)
    {
        using var client = new KubernetesApiClient(server);
        var lister = new Lister(client, Patience, cancellation);
        var listings = await Task.WhenAll(CustomResource.All.Select(resource => lister.ReadAsync($"apis/{Document.Group}/{Document.Version}/{resource.Plural}", Encoding.UTF8.GetString)));
        if (NoteFailures(listings, reader.Mistakes))
            return null;

        var errors = new List<SourceError>();
        var manifests = listings.SelectMany(listing => listing.Objects.SelectMany(json => Manifest.ReadAll($"{server.Address}{listing.Plural}", json, errors))).ToList();
        var policies = PolicySet.Read(manifests, errors);
        reader.Note(errors);
        return policies;
    }

    private bool NoteFailures<T>(IEnumerable<Listing<T>> listings, ICollection<string> mistakes)
    {
        var before = mistakes.Count;
        foreach (var failure in listings.Where(listing => listing.Failure is not null).GroupBy(listing => listing.Failure, listing => listing.Plural))
            mistakes.Add($"{server.Address}: cannot list {string.Join(", ", failure)}: {failure.Key}");
        return mistakes.Count > before;
    }

    private static ApiServer FindDefault(string? context)
    {
        var files = KubeConfig.DefaultFiles(Environment.GetEnvironmentVariable);
        if (context is null && !files.Any(File.Exists) && ApiServer.InCluster(Environment.GetEnvironmentVariable) is { } around)
            return around;
        return files.IsEmpty ? throw new KubeConfigException("No file in KUBECONFIG exists.") : KubeConfig.Read(files, context);
    }

    private async Task<Listing<StoredObject>[]> ListAsync(ImmutableArray<ResourceKind> kinds, IReadOnlySet<ObjectReference> kept, Streams streams, CancellationToken cancellation)
    {
        using var client = new KubernetesApiClient(server);
        var lister = new Lister(client, Patience, cancellation);
        return await Progress.ShowAsync(streams, "Listing", kinds.Length, listed => Task.WhenAll(kinds.Select(async kind =>
        {
            var listing = await lister.ReadAsync(kind.ListPath, json => Read(kind, json));
            listed();
            return listing;
        })));

        StoredObject Read(ResourceKind kind, ReadOnlySpan<byte> json)
        {
            var found = kind.Read(json);
            return new(found, Manifest: null) { Json = kept.Contains(found.Reference) ? json.ToArray() : null };
        }
    }
}
