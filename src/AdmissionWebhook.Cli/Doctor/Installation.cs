using System.Text;
using System.Text.Json.Nodes;
using AdmissionWebhook.KubernetesApi;
using AdmissionWebhook.KubernetesApi.Configuration;

namespace AdmissionWebhook.Cli.Doctor;

/// <summary>An installation in a cluster, as its API server tells of it. Every object of it has the same name.</summary>
internal sealed class Installation : IDisposable
{
    /// <summary>The name.</summary>
    public const string Name = "admission-webhook";

    private readonly KubernetesApiClient _client;
    private readonly List<string> _warnings = [];
    private readonly CancellationToken _cancellation;

    /// <param name="server">The API server.</param>
    /// <param name="space">The namespace it was installed in.</param>
    /// <param name="probed">The namespace in which objects are tried, without a trace.</param>
    /// <param name="now">When.</param>
    /// <param name="cancellation">Gives up.</param>
    public Installation(ApiServer server, string space, string probed, DateTimeOffset now, CancellationToken cancellation)
    {
        _client = new(server) { Warned = _warnings.Add };
        (Namespace, ProbedNamespace, Now, _cancellation) = (space, probed, now, cancellation);
    }

    public string Namespace { get; }

    public string ProbedNamespace { get; }

    public DateTimeOffset Now { get; }

    /// <summary>The DNS name by which API servers call it.</summary>
    public string ServiceName => $"{Name}.{Namespace}.svc";

    /// <summary>An object; null where there is none.</summary>
    public Task<JsonObject?> GetAsync(string path) => _client.GetAsync(path, Read, _cancellation);

    /// <summary>An object of the installation's namespace.</summary>
    public Task<JsonObject?> GetOwnAsync(string groupVersion, string plural, string name = Name) => GetAsync($"{groupVersion}/namespaces/{Namespace}/{plural}/{name}");

    public async Task<List<JsonObject>> ListAsync(string path)
    {
        var all = new List<JsonObject>();
        await _client.ListAsync(path, Read, all.Add, _cancellation);
        return all;
    }

    /// <summary>Sends an object to a collection.</summary>
    /// <returns>The answer, and the warnings that came with it.</returns>
    /// <exception cref="ApiException">It was refused; <paramref name="warnings"/> has what came with that all the same.</exception>
    public Task<JsonObject> PostAsync(string path, JsonObject sent, out IReadOnlyCollection<string> warnings)
    {
        _warnings.Clear();
        warnings = _warnings;
        return _client.CreateAsync(path, Encoding.UTF8.GetBytes(sent.ToJsonString()), Read, _cancellation);
    }

    public void Dispose() => _client.Dispose();

    private static JsonObject Read(ReadOnlySpan<byte> json) => JsonNode.Parse(json)!.AsObject();
}
