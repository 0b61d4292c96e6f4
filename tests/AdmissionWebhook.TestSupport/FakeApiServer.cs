using System.Collections.Concurrent;
using System.Text.Json.Nodes;
using AdmissionWebhook.Policy.Resources;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace AdmissionWebhook.TestSupport;

/// <summary>
/// An API server on loopback that keeps objects, serves lists, watches and single reads, and misbehaves when told to: see <see cref="Faults"/>.
/// </summary>
public sealed class FakeApiServer : IAsyncDisposable
{
    /// <summary>API servers let a watch in which nothing happens know about once a minute that it is still there.</summary>
    private static readonly TimeSpan BetweenBookmarks = TimeSpan.FromMinutes(1);

    private readonly WebApplication _app;
    private readonly Lock _writing = new();
    private readonly SortedDictionary<string, string> _objects = new(StringComparer.Ordinal);
    private readonly List<Change> _log = [];
    private int _version = 100;
    private TaskCompletionSource _changed = new(TaskCreationOptions.RunContinuationsAsynchronously);

    private FakeApiServer(WebApplication app) => _app = app;

    /// <summary>Where it listens, by plain HTTP.</summary>
    public Uri Address { get; private set; } = null!;

    /// <summary>What goes wrong.</summary>
    public Faults Faults { get; } = new();

    /// <summary>Answers to lists of further kinds, by path.</summary>
    public ConcurrentDictionary<string, string> Lists { get; } = [];

    /// <summary>Every request so far, as <c>GET /api/v1/services?…</c>.</summary>
    public ConcurrentQueue<string> Requests { get; } = new();

    /// <summary>The newest resource version.</summary>
    public string Version => $"{_version}";

    /// <summary>Starts one on a free port, or again on a given one.</summary>
    public static async Task<FakeApiServer> StartAsync(int port = 0)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls($"http://127.0.0.1:{port}");
        builder.WebHost.ConfigureKestrel(kestrel => kestrel.AddServerHeader = false);
        builder.Services.Configure<Microsoft.Extensions.Hosting.HostOptions>(host => host.ShutdownTimeout = TimeSpan.Zero);
        var app = builder.Build();
        var server = new FakeApiServer(app);
        app.Run(server.AnswerAsync);
        await app.StartAsync();
        server.Address = new(app.Urls.Single());
        return server;
    }

    /// <summary>Creates or replaces the objects of a YAML text.</summary>
    public void Put(string yaml)
    {
        foreach (var manifest in Manifest.ReadAll("put.yaml", yaml, []))
        {
            var json = JsonNode.Parse(manifest.Json)!.AsObject();
            if (manifest.Kind!.IsNamespaced && json["metadata"]!["namespace"] is null)
                json["metadata"]!["namespace"] = "default";
            lock (_writing)
            {
                var key = KeyOf(manifest.Kind, (string?)json["metadata"]!["namespace"], (string)json["metadata"]!["name"]!);
                _objects[key] = Record(manifest.Kind, _objects.ContainsKey(key) ? "MODIFIED" : "ADDED", json);
            }
        }
    }

    /// <summary>Deletes an object.</summary>
    public void Delete(ObjectReference reference)
    {
        lock (_writing)
        {
            _objects.Remove(KeyOf(reference.Kind, reference.Namespace, reference.Name), out var json);
            Record(reference.Kind, "DELETED", JsonNode.Parse(json!)!.AsObject());
        }
    }

    /// <summary>Forgets the changes so far: who watches from an older version is told that it has expired.</summary>
    public void Compact()
    {
        lock (_writing)
            _log.Clear();
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await _app.DisposeAsync();
        Faults.Dispose();
    }

    private static string CollectionOf(ResourceKind kind) => (kind.ApiVersion.Contains('/', StringComparison.Ordinal) ? "/apis/" : "/api/") + kind.ApiVersion;

    private static string KeyOf(ResourceKind kind, string? space, string name) =>
        kind.IsNamespaced ? $"{CollectionOf(kind)}/namespaces/{space}/{kind.Plural}/{name}" : $"{CollectionOf(kind)}/{kind.Plural}/{name}";

    private string Record(ResourceKind kind, string type, JsonObject json)
    {
        json["metadata"]!["resourceVersion"] = $"{++_version}";
        var text = json.ToJsonString();
        _log.Add(new(_version, kind, type, text));
        Interlocked.Exchange(ref _changed, new(TaskCreationOptions.RunContinuationsAsynchronously)).SetResult();
        return text;
    }

    private async Task AnswerAsync(HttpContext http)
    {
        var request = http.Request;
        Requests.Enqueue($"{request.Method} {request.Path}{request.QueryString}");
        var kind = ResourceKind.All.FirstOrDefault(kind => request.Path == $"{CollectionOf(kind)}/{kind.Plural}");
        await Faults.WaitAsync(http.RequestAborted);

        if (Faults.Token is { } token && request.Headers.Authorization != $"Bearer {token}")
            await RefuseAsync(http, 401, "Unauthorized");
        else if (Faults.TakeAnswer(request.Path, request.Query.ContainsKey("watch")) is var (code, reason))
            await RefuseAsync(http, code, reason);
        else if (kind is null)
            await GetAsync(http);
        else if (!request.Query.ContainsKey("watch"))
            await ListAsync(http, kind);
        else if (request.Query.ContainsKey("sendInitialEvents") && !Faults.StreamsLists)
            await RefuseAsync(http, 422, "Invalid");
        else
            await WatchAsync(http, kind);
    }

    private async Task GetAsync(HttpContext http)
    {
        string? json;
        lock (_writing)
        {
            if (!_objects.TryGetValue(http.Request.Path, out json))
                Lists.TryGetValue(http.Request.Path, out json);
        }

        await Faults.HoldAsync(http.RequestAborted);
        if (json is null)
            await RefuseAsync(http, 404, "NotFound");
        else
            await http.Response.WriteAsync(json);
    }

    private async Task ListAsync(HttpContext http, ResourceKind kind)
    {
        List<string> items;
        string version;
        var offset = int.TryParse(http.Request.Query["continue"], out var next) ? next : 0;
        var limit = int.TryParse(http.Request.Query["limit"], out var asked) ? Math.Min(asked, Faults.LargestPage) : Faults.LargestPage;
        lock (_writing)
        {
            version = Version;
            items = [.. _objects.Where(entry => IsOf(kind, entry.Key)).Skip(offset).Select(entry => entry.Value)];
        }

        var more = items.Count > limit ? $",\"continue\":\"{offset + limit}\"" : "";
        http.Response.ContentType = "application/json";
        await http.Response.WriteAsync($$$"""{"kind":"{{{kind.Name}}}List","apiVersion":"{{{kind.ApiVersion}}}","metadata":{"resourceVersion":"{{{version}}}"{{{more}}}},"items":[""");
        for (var i = 0; i < Math.Min(items.Count, limit); i++)
            await http.Response.WriteAsync((i > 0 ? "," : "") + items[i]);
        await http.Response.WriteAsync("]}");
    }

    private async Task WatchAsync(HttpContext http, ResourceKind kind)
    {
        // From the first moment, or a cut would pass by a watch that is still sending what there is.
        using var ending = CancellationTokenSource.CreateLinkedTokenSource(http.RequestAborted, Faults.Cut);
        var query = http.Request.Query;
        http.Features.Get<IHttpResponseBodyFeature>()!.DisableBuffering();
        http.Response.ContentType = "application/json";
        await http.Response.StartAsync();
        await http.Response.Body.FlushAsync();

        var sent = int.TryParse(query["resourceVersion"], out var from) ? from : 0;
        if (query.ContainsKey("sendInitialEvents"))
            sent = await SendInitialAsync(http, kind);

        try
        {
            while (true)
            {
                ending.Token.ThrowIfCancellationRequested();
                var changed = _changed.Task;
                List<Change> due;
                lock (_writing)
                {
                    if (sent < _version && (_log.Count == 0 || _log[0].Version > sent + 1))
                    {
                        due = [new(sent, kind, "ERROR", """{"kind":"Status","code":410,"reason":"Expired","message":"too old resource version"}""")];
                        sent = int.MaxValue;
                    }
                    else
                    {
                        due = [.. _log.Where(change => change.Version > sent && change.Kind == kind)];
                        sent = Math.Max(sent, _version);
                    }
                }

                foreach (var change in due)
                    await SendAsync(http, change, ending.Token);
                if (sent == int.MaxValue)
                    return;
                var isQuiet = !await ComesAsync(changed, ending.Token);
                await Faults.WaitAsync(ending.Token);
                if (isQuiet)
                    await SendAsync(http, new(sent, kind, "BOOKMARK", $$$"""{"metadata":{"resourceVersion":"{{{sent}}}"} }"""), ending.Token);
            }
        }
        catch (OperationCanceledException)
        {
            if (!http.RequestAborted.IsCancellationRequested && Faults.AbortsConnections)
                http.Abort();
        }
    }

    private static async Task<bool> ComesAsync(Task change, CancellationToken cancellation)
    {
        try
        {
            await change.WaitAsync(BetweenBookmarks, cancellation);
            return true;
        }
        catch (TimeoutException)
        {
            return false;
        }
    }

    private async Task<int> SendInitialAsync(HttpContext http, ResourceKind kind)
    {
        List<Change> initial;
        int version;
        lock (_writing)
        {
            version = _version;
            initial = [.. _objects.Where(entry => IsOf(kind, entry.Key)).Select(entry => new Change(version, kind, "ADDED", entry.Value))];
        }

        foreach (var change in initial)
            await http.Response.WriteAsync($"{{\"type\":\"ADDED\",\"object\":{change.Json}}}\n", http.RequestAborted);
        await SendAsync(http, new(version, kind, "BOOKMARK", $$$"""{"metadata":{"resourceVersion":"{{{version}}}","annotations":{"k8s.io/initial-events-end":"true"} } }"""), http.RequestAborted);
        return version;
    }

    private async Task SendAsync(HttpContext http, Change change, CancellationToken cancellation)
    {
        for (var times = Faults.Repeats(change.Type); times > 0; times--)
        {
            await http.Response.WriteAsync($"{{\"type\":\"{change.Type}\",\"object\":{change.Json}}}\n", cancellation);
            await http.Response.Body.FlushAsync(cancellation);
        }
    }

    private static bool IsOf(ResourceKind kind, string key) =>
        key.StartsWith(CollectionOf(kind) + "/", StringComparison.Ordinal) && key.Contains($"/{kind.Plural}/", StringComparison.Ordinal);

    private static async Task RefuseAsync(HttpContext http, int code, string reason)
    {
        http.Response.StatusCode = code;
        if (code == 429)
            http.Response.Headers.RetryAfter = "1";
        await http.Response.WriteAsync($$"""{"kind":"Status","apiVersion":"v1","status":"Failure","reason":"{{reason}}","message":"{{reason}} on purpose","code":{{code}} }""");
    }

    private sealed record Change(int Version, ResourceKind Kind, string Type, string Json);
}
