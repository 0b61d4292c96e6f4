using System.Net;
using System.Text.Json;
using AdmissionWebhook.KubernetesApi;
using AdmissionWebhook.KubernetesApi.Configuration;

namespace AdmissionWebhook.Cli.Clusters;

/// <summary>The answer of an API server to a list of all objects of a kind.</summary>
/// <param name="Plural">The kind, as written in a URL.</param>
/// <param name="Objects">The objects, in the server's order.</param>
/// <param name="Failure">Why the list is incomplete; null if it is complete.</param>
/// <param name="IsForbidden">Whether a permission is missing.</param>
internal sealed record Listing<T>(string Plural, IReadOnlyCollection<T> Objects, string? Failure = null, bool IsForbidden = false);

/// <summary>Lists kinds. It throws only on cancellation.</summary>
/// <param name="client">Asks the server.</param>
/// <param name="patience">How long the server may stay silent.</param>
/// <param name="cancellation">Cancels the call.</param>
internal sealed class Lister(KubernetesApiClient client, TimeSpan patience, CancellationToken cancellation)
{
    /// <summary>Lists a kind.</summary>
    /// <param name="path">Its collection.</param>
    /// <param name="read">Reads an object.</param>
    public async Task<Listing<T>> ReadAsync<T>(string path, ReadObject<T> read)
    {
        var plural = path[(path.LastIndexOf('/') + 1)..].Split('?')[0];
        using var quiet = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        quiet.CancelAfter(patience);
        var objects = new List<T>();
        try
        {
            await client.ListAsync(path, read, Take, quiet.Token);
            return new(plural, objects);
        }
        catch (ApiException refusal)
        {
            return new(plural, [], refusal.Message, refusal.Code == HttpStatusCode.Forbidden);
        }
        catch (JsonException unreadable)
        {
            return new(plural, [], $"it sent an invalid answer: {unreadable.Message}");
        }
        catch (Exception error) when (error is HttpRequestException or IOException or CredentialsException or NotSupportedException)
        {
            // The innermost exception has the reason; the outer one only says that the connection failed.
            return new(plural, [], error.GetBaseException().Message);
        }
        catch (OperationCanceledException) when (!cancellation.IsCancellationRequested)
        {
            return new(plural, [], "it does not answer");
        }

        void Take(T found)
        {
            quiet.CancelAfter(patience);
            objects.Add(found);
        }
    }
}
