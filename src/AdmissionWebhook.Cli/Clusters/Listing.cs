using System.Net;
using System.Text.Json;
using AdmissionWebhook.KubernetesApi;
using AdmissionWebhook.KubernetesApi.Configuration;
using AdmissionWebhook.Policy.Resources;

namespace AdmissionWebhook.Cli.Clusters;

/// <summary>What an API server answered when it was asked for every object of a kind.</summary>
/// <param name="Kind">The kind.</param>
/// <param name="Objects">The objects, in the server's order.</param>
/// <param name="Failure">Why that is not all; null where it is.</param>
/// <param name="IsForbidden">Whether it is for want of permission.</param>
internal sealed record Listing(ResourceKind Kind, IReadOnlyCollection<KubernetesObject> Objects, string? Failure = null, bool IsForbidden = false)
{
    /// <summary>Lists a kind. Only who gives up gets an exception.</summary>
    /// <param name="client">Asks the server.</param>
    /// <param name="kind">The kind.</param>
    /// <param name="patience">How long the server may say nothing.</param>
    /// <param name="cancellation">Gives up.</param>
    public static async Task<Listing> ReadAsync(KubernetesApiClient client, ResourceKind kind, TimeSpan patience, CancellationToken cancellation)
    {
        using var quiet = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        quiet.CancelAfter(patience);
        var objects = new List<KubernetesObject>();
        try
        {
            await client.ListAsync(kind.CollectionPath, json => kind.Read(json), Take, quiet.Token);
            return new(kind, objects);
        }
        catch (ApiException refusal)
        {
            return new(kind, [], refusal.Message, refusal.Code == HttpStatusCode.Forbidden);
        }
        catch (JsonException unreadable)
        {
            return new(kind, [], $"its answer is not readable: {unreadable.Message}");
        }
        catch (Exception error) when (error is HttpRequestException or IOException or CredentialsException or NotSupportedException)
        {
            // The reason stands at the bottom; above it is only that a connection could not be established.
            return new(kind, [], error.GetBaseException().Message);
        }
        catch (OperationCanceledException) when (!cancellation.IsCancellationRequested)
        {
            return new(kind, [], "it does not answer");
        }

        void Take(KubernetesObject found)
        {
            quiet.CancelAfter(patience);
            objects.Add(found);
        }
    }
}
