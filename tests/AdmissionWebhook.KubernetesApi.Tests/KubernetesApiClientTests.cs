using System.Text;
using System.Text.Json;
using AdmissionWebhook.KubernetesApi.Configuration;
using AdmissionWebhook.Policy.Kinds;
using AdmissionWebhook.TestSupport;

namespace AdmissionWebhook.KubernetesApi.Tests;

public sealed class KubernetesApiClientTests : IAsyncLifetime, IDisposable
{
    private const string Services = "api/v1/services";
    private const string Namespaced = "{apiVersion: v1, kind: Service, metadata: {name: NAME, namespace: shop}, spec: {type: ClusterIP}}";

    private readonly CancellationTokenSource _deadline = new(TimeSpan.FromSeconds(20));
    private FakeApiServer _server = null!;
    private KubernetesApiClient _client = null!;

    private CancellationToken Deadline => _deadline.Token;

    public async ValueTask InitializeAsync()
    {
        _server = await FakeApiServer.StartAsync();
        _client = new(new() { Address = _server.Address });
    }

    public async ValueTask DisposeAsync()
    {
        await _server.DisposeAsync();
        Dispose();
    }

    public void Dispose()
    {
        _client.Dispose();
        _deadline.Dispose();
    }

    [Fact]
    public async Task Reads_an_object_and_returns_nothing_for_a_missing_one()
    {
        _server.Put(Service("web"));

        Assert.Equal("web", await _client.GetAsync("api/v1/namespaces/shop/services/web", NameOf, Deadline));
        Assert.Null(await _client.GetAsync("api/v1/namespaces/shop/services/api", NameOf, Deadline));
    }

    [Theory]
    [InlineData(null)]
    [InlineData("no")]
    public async Task Passes_warnings_on_with_and_without_an_error(string? refusal)
    {
        var warnings = new List<string>();
        _server.Unstored = (_, _) => new() { Warnings = [@"the first, \""quoted\""", "the second"], Refusal = refusal };
        using var client = new KubernetesApiClient(new() { Address = _server.Address }) { Warned = warnings.Add };

        var failure = await Record.ExceptionAsync(() => client.CreateAsync("api/v1/namespaces/shop/services?dryRun=All", "{}"u8.ToArray(), _ => "", Deadline));

        Assert.Equal(refusal, failure?.Message);
        Assert.Equal(["the first, \"quoted\"", "the second"], warnings);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(7)]
    [InlineData(1000)]
    public async Task Reads_a_list_page_by_page(int page)
    {
        var names = Enumerable.Range(0, 25).Select(i => $"web-{i:00}").ToList();
        names.ForEach(name => _server.Put(Service(name)));
        _server.Faults.LargestPage = page;
        var read = new List<string>();

        var version = await _client.ListAsync(Services, NameOf, read.Add, Deadline);

        Assert.Equal(names, read);
        Assert.Equal(_server.Version, version);
    }

    [Fact]
    public async Task Reads_a_complete_list_from_any_chunks()
    {
        var text = new StringBuilder("""{"kind":"List","metadata":{"nested":{"resourceVersion":"no"},"resourceVersion":"7","continue":"next"},"items":[""");
        for (var i = 0; i < 300; i++)
            text.Append(i > 0 ? "," : "").Append($$"""{"metadata":{"name":"n{{i}}","note":"{{new string('x', i * 13)}}"} }""");
        using var body = new TrickleStream(Encoding.UTF8.GetBytes(text.Append("]}").ToString()));
        var read = new List<string>();

        var page = await ListPage.ReadAsync(body, NameOf, read.Add, Deadline);

        Assert.Equal(Enumerable.Range(0, 300).Select(i => $"n{i}"), read);
        Assert.Equal(new("7", "next"), page);
    }

    [Fact]
    public async Task Fails_for_a_truncated_list()
    {
        using var body = new MemoryStream("""{"metadata":{},"items":[{"metadata":{"name":"web"}},{"meta"""u8.ToArray());

        await Assert.ThrowsAnyAsync<JsonException>(() => ListPage.ReadAsync(body, NameOf, _ => { }, Deadline));
    }

    [Fact]
    public async Task Fails_for_an_answer_that_is_not_a_list()
    {
        _server.Faults.AnswerOnce($"/{Services}", 200, "Maintenance");

        await Assert.ThrowsAsync<IOException>(() => _client.ListAsync(Services, NameOf, _ => { }, Deadline));
    }

    [Fact]
    public async Task A_watch_returns_the_events_after_a_version()
    {
        _server.Put(Service("before"));
        await using var events = _client.WatchAsync(Services, _server.Version, TimeSpan.FromMinutes(5), NameOf, Deadline).GetAsyncEnumerator(Deadline);

        await events.MoveNextAsync();
        Assert.Equal(new(WatchEventType.Bookmark, null, "101", false), events.Current);
        _server.Put(Service("web"));
        await events.MoveNextAsync();
        var added = events.Current;
        _server.Put(Service("web"));
        await events.MoveNextAsync();
        var modified = events.Current;
        _server.Delete(new(ResourceKind.Service, "shop", "web"));
        await events.MoveNextAsync();

        Assert.Equal(new(WatchEventType.Added, "web", "102", false), added);
        Assert.Equal(new(WatchEventType.Modified, "web", "103", false), modified);
        Assert.Equal(new(WatchEventType.Deleted, "web", "104", false), events.Current);
    }

    [Fact]
    public async Task Lists_and_watches_one_name_in_one_namespace()
    {
        const string OfOne = "api/v1/namespaces/shop/services?fieldSelector=metadata.name%3Dweb";
        _server.Put(Service("api"));
        _server.Put(Service("web"));
        _server.Put(Service("web").Replace("namespace: shop", "namespace: blog", StringComparison.Ordinal));
        var read = new List<string>();

        var version = await _client.ListAsync(OfOne, NameOf, read.Add, Deadline);
        await using var events = _client.WatchAsync(OfOne, version, TimeSpan.FromMinutes(5), NameOf, Deadline).GetAsyncEnumerator(Deadline);
        await events.MoveNextAsync();
        _server.Put(Service("api"));
        _server.Put(Service("web"));
        await events.MoveNextAsync();

        Assert.Equal(["web"], read);
        Assert.Equal(new(WatchEventType.Modified, "web", "105", false), events.Current);
    }

    [Fact]
    public async Task A_streaming_list_begins_with_the_existing_objects()
    {
        _server.Faults.StreamsLists = true;
        _server.Put(Service("web"));
        await using var events = _client.WatchAsync(Services, null, TimeSpan.FromMinutes(5), NameOf, Deadline).GetAsyncEnumerator(Deadline);

        await events.MoveNextAsync();
        await events.MoveNextAsync();
        var initial = events.Current;
        await events.MoveNextAsync();

        Assert.Equal("web", initial.Object);
        Assert.Equal(new(WatchEventType.Bookmark, null, "101", true), events.Current);
    }

    [Fact]
    public async Task Reports_an_expired_version_as_such()
    {
        _server.Put(Service("web"));
        _server.Compact();

        var error = await Assert.ThrowsAsync<ApiException>(async () =>
        {
            await foreach (var _ in _client.WatchAsync(Services, "100", TimeSpan.FromMinutes(5), NameOf, Deadline))
            {
            }
        });

        Assert.True(error.IsExpired);
    }

    [Theory]
    [InlineData(403, "Forbidden")]
    [InlineData(429, "TooManyRequests")]
    [InlineData(500, "InternalError")]
    public async Task An_error_contains_the_message_of_the_server(int code, string reason)
    {
        _server.Faults.AnswerOnce("/api/v1/services", code, reason);

        var error = await Assert.ThrowsAsync<ApiException>(() => _client.ListAsync(Services, NameOf, _ => { }, Deadline));

        Assert.Equal((code, reason, $"{reason} on purpose"), ((int)error.Code, error.Reason, error.Message));
        Assert.Equal(code == 429 ? TimeSpan.FromSeconds(1) : null, error.RetryAfter);
    }

    [Fact]
    public async Task A_plain_text_error_contains_its_line_without_the_line_end()
    {
        _server.Faults.AnswerOnce("/api/v1/services", 404, "");

        var error = await Assert.ThrowsAsync<ApiException>(() => _client.ListAsync(Services, NameOf, _ => { }, Deadline));

        Assert.Equal((404, "404 page not found"), ((int)error.Code, error.Message));
    }

    [Fact]
    public async Task Reads_a_replaced_token_again_when_the_server_rejects_the_old_one()
    {
        var file = Path.GetTempFileName();
        await File.WriteAllTextAsync(file, "old\n", Deadline);
        using var client = new KubernetesApiClient(new() { Address = _server.Address, Credentials = new TokenFile(file) });
        _server.Faults.Token = "old";
        await client.ListAsync(Services, NameOf, _ => { }, Deadline);

        await File.WriteAllTextAsync(file, "new", Deadline);
        _server.Faults.Token = "new";
        await client.ListAsync(Services, NameOf, _ => { }, Deadline);

        Assert.Equal(3, _server.Requests.Count);
        File.Delete(file);
    }

    [Fact]
    public async Task Fails_when_the_server_rejects_new_credentials_too()
    {
        _server.Faults.Token = "another";

        var error = await Assert.ThrowsAsync<ApiException>(() => _client.ListAsync(Services, NameOf, _ => { }, Deadline));

        Assert.Equal("Unauthorized", error.Reason);
    }

    private static string Service(string name) => Namespaced.Replace("NAME", name, StringComparison.Ordinal);

    private static string NameOf(ReadOnlySpan<byte> json) => ResourceKind.Service.Read(json).Metadata.Name;

    /// <summary>Gives out a few bytes at a time.</summary>
    private sealed class TrickleStream(byte[] bytes) : MemoryStream(bytes)
    {
        public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default) => base.ReadAsync(buffer[..Math.Min(buffer.Length, 37)], cancellationToken);
    }
}
