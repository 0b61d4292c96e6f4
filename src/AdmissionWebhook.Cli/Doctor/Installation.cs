using System.Net;
using System.Text.Json.Nodes;
using AdmissionWebhook.KubernetesApi;
using AdmissionWebhook.KubernetesApi.Configuration;
using k8s;
using k8s.Models;

namespace AdmissionWebhook.Cli.Doctor;

/// <summary>An installation in a cluster, read from its API server. All its objects have the same name.</summary>
internal sealed class Installation : IDisposable
{
    /// <summary>The name.</summary>
    public const string Name = "admission-webhook";

    private readonly KubernetesApiClient _client;
    private readonly IKubernetes _typed;
    private readonly List<string> _warnings = [];
    private readonly CancellationToken _cancellation;

    /// <param name="server">The API server.</param>
    /// <param name="namespace">The namespace of the installation.</param>
    /// <param name="probed">The namespace in which the doctor tries objects in a dry run.</param>
    /// <param name="now">The current time.</param>
    /// <param name="cancellation">Cancels the call.</param>
    public Installation(ApiServer server, string @namespace, string probed, DateTimeOffset now, CancellationToken cancellation)
    {
        _client = new(server) { Warned = _warnings.Add };
        _typed = TypedCalls.Over(_client);
        (Namespace, ProbedNamespace, Now, _cancellation) = (@namespace, probed, now, cancellation);
    }

    public string Namespace { get; }

    public string ProbedNamespace { get; }

    public DateTimeOffset Now { get; }

    /// <summary>The DNS name that API servers call.</summary>
    public string ServiceName => $"{Name}.{Namespace}.svc";

    /// <summary>Calls the API server.</summary>
    public Task<T> CallAsync<T>(Func<IKubernetes, CancellationToken, Task<T>> call) => call(_typed, _cancellation);

    /// <summary>Reads an object; null if it does not exist.</summary>
    public async Task<T?> FindAsync<T>(Func<IKubernetes, CancellationToken, Task<T>> read) where T : class
    {
        try
        {
            return await CallAsync(read);
        }
        catch (ApiException absent) when (absent is { Code: HttpStatusCode.NotFound, Reason: "NotFound" })
        {
            return null;
        }
    }

    /// <summary>The Deployment of the replicas; null if it does not exist.</summary>
    public Task<V1Deployment?> FindDeploymentAsync() => FindAsync((api, cancellation) => api.AppsV1.ReadNamespacedDeploymentAsync(Name, Namespace, cancellationToken: cancellation));

    /// <summary>All objects of a kind that KubernetesClient does not know.</summary>
    public async Task<List<JsonObject>> ListAsync(string path)
    {
        var all = new List<JsonObject>();
        await _client.ListAsync(path, json => JsonNode.Parse(json)!.AsObject(), all.Add, _cancellation);
        return all;
    }

    /// <summary>Calls the API server, and collects the warnings of the answer.</summary>
    /// <exception cref="ApiException">The API server answered with an error; <paramref name="warnings"/> has the warnings of that answer.</exception>
    public Task CallAsync(Func<IKubernetes, CancellationToken, Task> call, out IReadOnlyCollection<string> warnings)
    {
        _warnings.Clear();
        warnings = _warnings;
        return call(_typed, _cancellation);
    }

    public void Dispose()
    {
        _typed.Dispose();
        _client.Dispose();
    }
}
