using System.Text;
using AdmissionWebhook.KubernetesApi;
using AdmissionWebhook.KubernetesApi.Configuration;
using AdmissionWebhook.Policy.Configuration.Schemas;
using AdmissionWebhook.Policy.Manifests;

namespace AdmissionWebhook.Cli.Clusters;

/// <summary>A live cluster with an API server.</summary>
/// <param name="server">The API server.</param>
internal sealed class LiveCluster(ApiServer server)
{
    /// <summary>The API server.</summary>
    public ApiServer Server => server;

    /// <summary>The namespace of the chosen context; null if it has none.</summary>
    public string? Namespace => server.Namespace;

    /// <summary>How long the server may stay silent.</summary>
    public TimeSpan Patience { get; init; } = TimeSpan.FromMinutes(1);

    /// <summary>The cluster that kubectl would use.</summary>
    /// <param name="kubeconfig">A kubeconfig file; null for KUBECONFIG, else ~/.kube/config, else the cluster of this process.</param>
    /// <param name="context">A context; null for the current one.</param>
    /// <param name="mistakes">Receives the error.</param>
    /// <returns>Null after an error.</returns>
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

    /// <summary>Lists every object of some kinds. A forbidden kind is a gap; any other failure is an error.</summary>
    /// <param name="kinds">The kinds.</param>
    /// <param name="kept">Selects the objects whose JSON is kept.</param>
    /// <param name="streams">The outputs, for the progress.</param>
    /// <param name="mistakes">Receives the errors.</param>
    /// <param name="cancellation">Cancels the call.</param>
    /// <returns>Null after any error.</returns>
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

    /// <summary>Reads the policies and exemptions of the cluster. Any failure is an error.</summary>
    /// <returns>Null after any error.</returns>
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
