using System.Net;
using System.Runtime.CompilerServices;
using System.Text.Json;
using AdmissionWebhook.KubernetesApi.Configuration;

namespace AdmissionWebhook.KubernetesApi;

/// <summary>
/// A client of an API server that knows paths and bytes but no kinds: a <see cref="ReadObject{T}"/> reads objects. It reads answers as they
/// arrive, so a list of any length is never completely in memory.
/// </summary>
/// <remarks>
/// Every method throws <see cref="ApiException"/> if the server answers with an error, <see cref="HttpRequestException"/> or
/// <see cref="IOException"/> without an answer, and <see cref="CredentialsException"/> without credentials.
/// </remarks>
public sealed class KubernetesApiClient : IDisposable
{
    private const int PageSize = 1000;

    private readonly AnswerHandler _answers;
    private readonly HttpMessageInvoker _pipeline;
    private readonly Uri _address;

    /// <summary>Creates the client, which connects at its first use.</summary>
    public KubernetesApiClient(ApiServer server, string userAgent = "admission-webhook")
    {
        _address = new(server.Address.AbsoluteUri.TrimEnd('/') + "/");
        _answers = new(server, userAgent) { InnerHandler = server.CreateHandler() };
        _pipeline = new(_answers);
    }

    /// <summary>The API server's time in its last answer, to the second; null before the first answer.</summary>
    public DateTimeOffset? Now => _answers.Now;

    /// <summary>Receives each warning of an answer, with or without an error.</summary>
    public Action<string>? Warned { get => _answers.Warned; init => _answers.Warned = value; }

    /// <summary>Reads one object.</summary>
    /// <param name="path">A path such as <c>api/v1/namespaces/shop/services/web</c>.</param>
    /// <param name="read">Reads the object.</param>
    /// <param name="cancellation">Cancels the call.</param>
    /// <returns>The default value if the object does not exist.</returns>
    public async Task<T?> GetAsync<T>(string path, ReadObject<T> read, CancellationToken cancellation) where T : class
    {
        try
        {
            using var response = await SendAsync(HttpMethod.Get, path, null, cancellation);
            return read(await response.Content.ReadAsByteArrayAsync(cancellation));
        }
        catch (ApiException error) when (error is { Code: HttpStatusCode.NotFound, Reason: "NotFound" })
        {
            return null;
        }
    }

    /// <summary>Reads every object of a collection, page by page.</summary>
    /// <param name="path">A path such as <c>apis/networking.k8s.io/v1/ingresses</c>; a query such as <c>?fieldSelector=metadata.name%3Dweb</c> can
    /// follow.</param>
    /// <param name="read">Reads an object.</param>
    /// <param name="add">Receives each object, in the server's order.</param>
    /// <param name="cancellation">Cancels the call.</param>
    /// <returns>The resource version to watch from.</returns>
    public async Task<string> ListAsync<T>(string path, ReadObject<T> read, Action<T> add, CancellationToken cancellation)
    {
        for (var next = ""; ;)
        {
            using var response = await SendAsync(HttpMethod.Get, $"{WithQuery(path)}limit={PageSize}{(next.Length == 0 ? "" : $"&continue={Uri.EscapeDataString(next)}")}", null, cancellation);
            await using var body = await response.Content.ReadAsStreamAsync(cancellation);
            var page = await ListPage.ReadAsync(body, read, add, cancellation);
            if (page.ResourceVersion.Length == 0)
                throw new IOException($"{path}: the answer is not a list.");
            if (page.Continue.Length == 0)
                return page.ResourceVersion;
            next = page.Continue;
        }
    }

    /// <summary>
    /// Follows a collection, until the server ends it after <paramref name="duration"/>. When the server has
    /// accepted the watch, it first returns a bookmark with the start version.
    /// </summary>
    /// <param name="path">The path, as for a list.</param>
    /// <param name="resourceVersion">The start version; null for a streaming list, which sends every object first, if the server supports it.</param>
    /// <param name="duration">The time after which the server ends the watch.</param>
    /// <param name="read">Reads an object.</param>
    /// <param name="cancellation">Cancels the call.</param>
    public async IAsyncEnumerable<WatchEvent<T>> WatchAsync<T>(
        string path, string? resourceVersion, TimeSpan duration, ReadObject<T> read, [EnumeratorCancellation] CancellationToken cancellation)
    {
        var from = resourceVersion is null ? "sendInitialEvents=true&resourceVersionMatch=NotOlderThan" : $"resourceVersion={Uri.EscapeDataString(resourceVersion)}";
        using var response = await SendAsync(HttpMethod.Get, $"{WithQuery(path)}watch=true&allowWatchBookmarks=true&timeoutSeconds={duration.TotalSeconds:0}&{from}", null, cancellation);
        await using var body = await response.Content.ReadAsStreamAsync(cancellation);
        yield return new(WatchEventType.Bookmark, default, resourceVersion ?? "", false);
        await foreach (var happened in WatchStream.ReadAsync(body, read, cancellation))
            yield return happened;
    }

    /// <summary>Creates an object in a collection.</summary>
    public Task<T> CreateAsync<T>(string path, ReadOnlyMemory<byte> json, ReadObject<T> read, CancellationToken cancellation) =>
        WriteAsync(HttpMethod.Post, path, json, "application/json", read, cancellation);

    /// <summary>Replaces an object. If <paramref name="json"/> has a resource version, it replaces only that version.</summary>
    public Task<T> ReplaceAsync<T>(string path, ReadOnlyMemory<byte> json, ReadObject<T> read, CancellationToken cancellation) =>
        WriteAsync(HttpMethod.Put, path, json, "application/json", read, cancellation);

    /// <summary>
    /// Server-side apply: <paramref name="fieldManager"/> takes ownership of the fields in <paramref name="json"/>, from others too.
    /// </summary>
    public Task<T> ApplyAsync<T>(string path, string fieldManager, ReadOnlyMemory<byte> json, ReadObject<T> read, CancellationToken cancellation) =>
        WriteAsync(HttpMethod.Patch, $"{path}?fieldManager={Uri.EscapeDataString(fieldManager)}&force=true", json, "application/apply-patch+yaml", read, cancellation);

    /// <summary>Changes the fields in <paramref name="json"/> (RFC 7386).</summary>
    public Task<T> MergeAsync<T>(string path, ReadOnlyMemory<byte> json, ReadObject<T> read, CancellationToken cancellation) =>
        WriteAsync(HttpMethod.Patch, path, json, "application/merge-patch+json", read, cancellation);

    /// <summary>Deletes an object.</summary>
    public async Task DeleteAsync(string path, CancellationToken cancellation) => (await SendAsync(HttpMethod.Delete, path, null, cancellation)).Dispose();

    /// <summary>Deletes one version of an object; for another version the server answers 409 Conflict.</summary>
    public async Task DeleteAsync(string path, string resourceVersion, CancellationToken cancellation)
    {
        byte[] body = [.. "{\"preconditions\":{\"resourceVersion\":\""u8, .. JsonEncodedText.Encode(resourceVersion).EncodedUtf8Bytes, .. "\"}}"u8];
        using var response = await SendAsync(HttpMethod.Delete, path, new(body) { Headers = { ContentType = new("application/json") } }, cancellation);
    }

    /// <inheritdoc/>
    public void Dispose() => _pipeline.Dispose();

    internal (Uri Address, HttpMessageInvoker Pipeline) Connection => (_address, _pipeline);

    private static string WithQuery(string path) => path + (path.Contains('?', StringComparison.Ordinal) ? '&' : '?');

    private async Task<T> WriteAsync<T>(HttpMethod method, string path, ReadOnlyMemory<byte> json, string mediaType, ReadObject<T> read, CancellationToken cancellation)
    {
        using var response = await SendAsync(method, path, new(json) { Headers = { ContentType = new(mediaType) } }, cancellation);
        return read(await response.Content.ReadAsByteArrayAsync(cancellation));
    }

    private async Task<HttpResponseMessage> SendAsync(HttpMethod method, string path, ReadOnlyMemoryContent? content, CancellationToken cancellation)
    {
        using var request = new HttpRequestMessage(method, new Uri(_address, path)) { Version = HttpVersion.Version20, VersionPolicy = HttpVersionPolicy.RequestVersionOrLower, Content = content };
        return await _pipeline.SendAsync(request, cancellation);
    }
}
