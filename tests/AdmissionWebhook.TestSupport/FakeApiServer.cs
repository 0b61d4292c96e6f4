using System.Collections.Concurrent;
using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text.Json.Nodes;
using AdmissionWebhook.Policy.Kinds;
using AdmissionWebhook.Policy.Manifests;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Server.Kestrel.Core;
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

    private static readonly Lazy<X509Certificate2> SelfSigned = new(() =>
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        using var certificate = new CertificateRequest("CN=kubernetes", key, HashAlgorithmName.SHA256).CreateSelfSigned(DateTimeOffset.UtcNow.AddDays(-1), DateTimeOffset.UtcNow.AddDays(1));
        return X509CertificateLoader.LoadPkcs12(certificate.Export(X509ContentType.Pfx), null);
    });

    private readonly WebApplication _app;
    private readonly StoredObjects _stored;

    private FakeApiServer(WebApplication app)
    {
        _app = app;
        _stored = new(Faults);
    }

    /// <summary>Where it listens.</summary>
    public Uri Address { get; private set; } = null!;

    /// <summary>What goes wrong.</summary>
    public Faults Faults { get; } = new();

    /// <summary>
    /// Answers what is sent to a path and not stored: dry runs, and reviews of access. Null lets everybody in and permits everything.
    /// </summary>
    public Func<string, JsonObject, UnstoredAnswer>? Unstored { get; set; }

    /// <summary>Every request so far, as <c>GET /api/v1/services?…</c>.</summary>
    public ConcurrentQueue<string> Requests { get; } = new();

    /// <summary>The newest resource version.</summary>
    public string Version => $"{_stored.Version}";

    /// <summary>Every version of HTTP in which a request was made so far, as <c>HTTP/2</c>.</summary>
    public ConcurrentDictionary<string, bool> Protocols { get; } = new();

    /// <summary>Starts one on a free port, or again on a given one.</summary>
    /// <param name="port">The port.</param>
    /// <param name="encrypted">What it speaks over TLS, by a certificate that nobody vouches for; null for plain HTTP/1.1.</param>
    public static async Task<FakeApiServer> StartAsync(int port = 0, HttpProtocols? encrypted = null)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseKestrelHttpsConfiguration().ConfigureKestrel(kestrel =>
        {
            kestrel.AddServerHeader = false;
            kestrel.Listen(IPAddress.Loopback, port, listen =>
            {
                if (encrypted is { } protocols)
                    (listen.Protocols, _) = (protocols, listen.UseHttps(SelfSigned.Value));
            });
        });
        builder.Services.Configure<Microsoft.Extensions.Hosting.HostOptions>(host => host.ShutdownTimeout = TimeSpan.Zero);
        var app = builder.Build();
        var server = new FakeApiServer(app);
        app.Run(server.AnswerAsync);
        await app.StartAsync();
        server.Address = new(app.Urls.Single());
        return server;
    }

    /// <summary>Creates or replaces the objects of a YAML text, each with the status that it has.</summary>
    public void Put(string yaml)
    {
        foreach (var manifest in Manifest.ReadAll("put.yaml", yaml, []))
        {
            var kind = ServedKind.All.Single(kind => (kind.ApiVersion, kind.Name) == (manifest.ApiVersion, manifest.KindName));
            var json = JsonNode.Parse(manifest.Json)!.AsObject();
            if (kind.IsNamespaced && json["metadata"]!["namespace"] is null)
                json["metadata"]!["namespace"] = "default";
            _stored.Put(kind, kind.PathOf((string?)json["metadata"]!["namespace"], (string)json["metadata"]!["name"]!), json);
        }
    }

    /// <summary>Creates or replaces the object at a path with a text that may be no object; VERSION in it becomes its resource version.</summary>
    public void PutText(string path, string json) => _stored.PutText(path, json);

    /// <summary>Deletes an object.</summary>
    public void Delete(ObjectReference reference) => DeleteAt($"/{reference.ObjectPath}");

    /// <summary>Deletes the object at a path.</summary>
    public void DeleteAt(string path) => _stored.Delete(path);

    /// <summary>An object as it is stored now; null where there is none.</summary>
    public JsonObject? Find(string path) => _stored.Find(path) is { } json ? JsonNode.Parse(json)!.AsObject() : null;

    /// <summary>Forgets the changes so far: who watches from an older version is told that it has expired.</summary>
    public void Compact() => _stored.Compact();

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await _app.DisposeAsync();
        Faults.Dispose();
    }

    private async Task AnswerAsync(HttpContext http)
    {
        var request = http.Request;
        Requests.Enqueue($"{request.Method} {request.Path}{request.QueryString}");
        Protocols[request.Protocol] = true;
        var kind = ServedKind.All.FirstOrDefault(kind => kind.Lists(request.Path));
        await Faults.WaitAsync(http.RequestAborted);

        // Before the faults are looked at: a watch that passes by one that is set now is cut by what comes after it.
        var cut = Faults.Cut;
        if (Faults.Token is { } token && request.Headers.Authorization != $"Bearer {token}")
            await RefuseAsync(http, 401, "Unauthorized");
        else if (Faults.TakeAnswer(request.Method, request.Path, IsWatch(request)) is var (code, reason))
            await RefuseAsync(http, code, reason);
        else if (request.Query.ContainsKey("dryRun") || request.Path.Value!.EndsWith("accessreviews", StringComparison.Ordinal))
            await AnswerUnstoredAsync(http);
        else if (request.Method == "DELETE")
            await DeleteAsync(http);
        else if (request.Method != "GET")
            await WriteAsync(http);
        else if (kind is null)
            await GetAsync(http);
        else if (!IsWatch(request))
            await ListAsync(http, kind);
        else if (request.Query.ContainsKey("sendInitialEvents") && !Faults.StreamsLists)
            await RefuseAsync(http, 422, "Invalid");
        else
            await WatchAsync(http, kind, cut);
    }

    private static bool IsWatch(HttpRequest request) => request.Query["watch"] == "true";

    private async Task GetAsync(HttpContext http)
    {
        var json = _stored.Find(http.Request.Path!);
        await Faults.HoldAsync(http.RequestAborted);
        if (json is null)
            await RefuseAsync(http, 404, "NotFound");
        else
            await http.Response.WriteAsync(json);
    }

    private async Task AnswerUnstoredAsync(HttpContext http)
    {
        using var body = new StreamReader(http.Request.Body);
        var sent = JsonNode.Parse(await body.ReadToEndAsync())!.AsObject();
        var answer = Unstored?.Invoke(http.Request.Path, sent) ?? new();
        foreach (var warning in answer.Warnings)
            http.Response.Headers.Append("Warning", $"299 - \"{warning}\"");
        if (answer.Refusal is { } refusal)
        {
            http.Response.StatusCode = answer.Code;
            await http.Response.WriteAsync(new JsonObject { ["kind"] = "Status", ["reason"] = "Refused", ["message"] = refusal, ["code"] = answer.Code }.ToJsonString());
            return;
        }

        sent["status"] = new JsonObject { ["allowed"] = answer.IsAllowed };
        await http.Response.WriteAsync(sent.ToJsonString());
    }

    private async Task WriteAsync(HttpContext http)
    {
        using var body = new StreamReader(http.Request.Body);
        var sent = JsonNode.Parse(await body.ReadToEndAsync())!.AsObject();
        var isStatus = http.Request.Path.Value!.EndsWith("/status", StringComparison.Ordinal);
        var path = http.Request.Method == "POST" ? $"{http.Request.Path}/{(string?)sent["metadata"]!["name"]}" : isStatus ? http.Request.Path.Value[..^"/status".Length] : http.Request.Path.Value;
        var isApplied = http.Request.ContentType == "application/apply-patch+yaml";
        var refusal = _stored.Change(path, sent, isStatus, isApplied, isNew: http.Request.Method == "POST");
        if (refusal is var (code, reason))
            await RefuseAsync(http, code, reason);
        else
            await http.Response.WriteAsync(Find(path)!.ToJsonString());
    }

    private async Task DeleteAsync(HttpContext http)
    {
        using var body = new StreamReader(http.Request.Body);
        var options = await body.ReadToEndAsync() is { Length: > 0 } sent ? JsonNode.Parse(sent) : null;
        var path = http.Request.Path.Value!;
        if (_stored.DeleteVersion(path, (string?)options?["preconditions"]?["resourceVersion"]) is var (code, reason))
            await RefuseAsync(http, code, reason);
        else
            await http.Response.WriteAsync("{}");
    }

    private async Task ListAsync(HttpContext http, ServedKind kind)
    {
        var offset = int.TryParse(http.Request.Query["continue"], out var next) ? next : 0;
        var limit = int.TryParse(http.Request.Query["limit"], out var asked) ? Math.Min(asked, Faults.LargestPage) : Faults.LargestPage;
        var (items, version) = _stored.List(kind, AskedOf(http.Request), offset, limit == int.MaxValue ? limit : limit + 1);

        var more = items.Count > limit ? $",\"continue\":\"{offset + limit}\"" : "";
        http.Response.ContentType = "application/json";
        await http.Response.WriteAsync($$$"""{"kind":"{{{kind.Name}}}List","apiVersion":"{{{kind.ApiVersion}}}","metadata":{"resourceVersion":"{{{version}}}"{{{more}}}},"items":[""");
        for (var i = 0; i < Math.Min(items.Count, limit); i++)
            await http.Response.WriteAsync((i > 0 ? "," : "") + items[i]);
        await http.Response.Body.FlushAsync();
        await Faults.HoldAsync(http.RequestAborted);
        await http.Response.WriteAsync("]}");
    }

    private async Task WatchAsync(HttpContext http, ServedKind kind, CancellationToken cut)
    {
        using var ending = CancellationTokenSource.CreateLinkedTokenSource(http.RequestAborted, cut);
        var query = http.Request.Query;
        http.Features.Get<IHttpResponseBodyFeature>()!.DisableBuffering();
        http.Response.ContentType = "application/json";
        await http.Response.StartAsync(http.RequestAborted);
        await http.Response.Body.FlushAsync(http.RequestAborted);

        if (Faults.WatchError is { } status)
        {
            Faults.WatchError = null;
            await SendAsync(http, new(0, kind, "ERROR", status), http.RequestAborted);
            return;
        }

        if (Faults.EndingWatches-- > 0)
            return;

        var isAsked = AskedOf(http.Request);
        var sent = int.TryParse(query["resourceVersion"], out var from) ? from : 0;
        if (query.ContainsKey("sendInitialEvents"))
            sent = await SendInitialAsync(http, kind, isAsked);

        try
        {
            while (true)
            {
                ending.Token.ThrowIfCancellationRequested();
                var changed = _stored.Changed;
                if (_stored.ChangesAfter(sent) is not var (changes, version))
                {
                    await SendAsync(http, new(sent, kind, "ERROR", """{"kind":"Status","code":410,"reason":"Expired","message":"too old resource version"}"""), ending.Token);
                    return;
                }

                foreach (var change in changes.Where(change => change.Kind == kind && isAsked(change.Path, change.Json)))
                    await SendAsync(http, change, ending.Token);
                sent = version;
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

    /// <summary>Which objects a list or watch is about, by path and JSON: those of one namespace, or with the one field that a selector asks for.</summary>
    private static Func<string, string, bool> AskedOf(HttpRequest request)
    {
        var start = request.Path.Value!.Contains("/namespaces/", StringComparison.Ordinal) ? request.Path.Value + "/" : "";
        if (request.Query["labelSelector"].ToString() is { Length: > 0 } labels && labels.Split('=') is [var label, ..] parts)
            return (path, json) => path.StartsWith(start, StringComparison.Ordinal) && (string?)JsonNode.Parse(json)!["metadata"]!["labels"]?[label] is { } own && (parts.Length == 1 || own == parts[1]);
        return request.Query["fieldSelector"].ToString().Split('=') is [var field, var value]
            ? (path, json) => path.StartsWith(start, StringComparison.Ordinal) && (string?)field.Split('.').Aggregate(JsonNode.Parse(json), (node, member) => node?[member]) == value
            : (path, _) => path.StartsWith(start, StringComparison.Ordinal);
    }

    private async Task<int> SendInitialAsync(HttpContext http, ServedKind kind, Func<string, string, bool> isAsked)
    {
        var (items, version) = _stored.List(kind, isAsked);
        var sent = Faults.ListsLag
            ? _stored.ChangesAfter(StoredObjects.First)!.Value.Changes.Where(change => change.Kind == kind && isAsked(change.Path, change.Json))
            : items.Select(json => new StoredChange(version, kind, "ADDED", json));
        foreach (var change in sent)
            await http.Response.WriteAsync($"{{\"type\":\"{change.Type}\",\"object\":{change.Json}}}\n", http.RequestAborted);
        await SendAsync(http, new(version, kind, "BOOKMARK", $$$"""{"metadata":{"resourceVersion":"{{{version}}}","annotations":{"k8s.io/initial-events-end":"true"} } }"""), http.RequestAborted);
        return version;
    }

    private async Task SendAsync(HttpContext http, StoredChange change, CancellationToken cancellation)
    {
        for (var times = Faults.Repeats(change.Type); times > 0; times--)
        {
            await http.Response.WriteAsync($"{{\"type\":\"{change.Type}\",\"object\":{change.Json}}}\n", cancellation);
            await http.Response.Body.FlushAsync(cancellation);
        }
    }

    private async Task RefuseAsync(HttpContext http, int code, string reason)
    {
        http.Response.StatusCode = code;
        var details = "";
        if (code is 429 or 503 && (Faults.RetryAfter ?? (code == 429 ? 1 : null)) is { } seconds)
        {
            http.Response.Headers.Date = $"{DateTimeOffset.UnixEpoch:R}";
            if (Faults.HidesRetryAfter)
                details = $$""","details":{"causes":[{"reason":"Busy"}],"retryAfterSeconds":{{seconds}},"kind":"services"}""";
            else
                http.Response.Headers.RetryAfter = Faults.NamesInstants ? $"{DateTimeOffset.UnixEpoch.AddSeconds(seconds):R}" : $"{seconds}";
        }

        if (reason.Length == 0)
        {
            // So says an API server of a group that it does not have.
            await http.Response.WriteAsync($"{code} page not found\n");
            return;
        }

        await http.Response.WriteAsync($$"""{"kind":"Status","apiVersion":"v1","status":"Failure"{{details}},"reason":"{{reason}}","message":"{{reason}} on purpose","code":{{code}} }""");
    }
}
