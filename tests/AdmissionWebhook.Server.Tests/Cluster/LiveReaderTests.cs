using AdmissionWebhook.KubernetesApi;
using AdmissionWebhook.Policy.Configuration;
using AdmissionWebhook.Policy.Evaluation;
using AdmissionWebhook.Policy.Resources;
using AdmissionWebhook.Server.Admission;
using AdmissionWebhook.Server.Cluster;
using AdmissionWebhook.Server.Operations;
using AdmissionWebhook.TestSupport;
using static AdmissionWebhook.TestSupport.Objects;

namespace AdmissionWebhook.Server.Tests.Cluster;

public sealed class LiveReaderTests : IAsyncLifetime
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    private const string Web = "{apiVersion: v1, kind: Service, metadata: {name: web}, spec: {ports: [{port: 80}]}}";
    private const string Ingress = "{apiVersion: networking.k8s.io/v1, kind: Ingress, metadata: {name: web}, spec: {ingressClassName: nginx, rules: [{host: www.example.com, http: {paths: [{backend: {service: {name: web, port: {number: 80}}}}]}}]}}";

    private static readonly PolicySet Policies = PolicyOf("ingress-backend-service-exists: {}", "ingress-backend-port-exists: {}", "ingress-host-conflict: {}");

    private readonly Metrics _metrics = new([]);
    private FakeApiServer _server = null!;
    private KubernetesApiClient _client = null!;
    private LiveReader _reader = null!;

    public async Task InitializeAsync()
    {
        _server = await FakeApiServer.StartAsync();
        _client = new(new() { Address = _server.Address });
        _reader = new(_client, _metrics);
    }

    public async Task DisposeAsync()
    {
        await _reader.DisposeAsync();
        _metrics.Dispose();
        _client.Dispose();
        await _server.DisposeAsync();
    }

    [Fact]
    public async Task A_Service_created_a_moment_ago_is_no_reason_to_deny()
    {
        _server.Put(Web);

        Assert.True((await DecideAsync(ClusterState.Empty)).IsAllowed);
    }

    [Fact]
    public async Task Nor_is_a_port_added_a_moment_ago()
    {
        _server.Put(Web);

        Assert.True((await DecideAsync(ClusterState.Empty.With(Object(Web.Replace("80", "81", StringComparison.Ordinal))))).IsAllowed);
    }

    [Fact]
    public async Task Nor_is_a_rival_deleted_a_moment_ago()
    {
        _server.Put(Web);
        var rival = Object(Ingress.Replace("{name: web}", "{name: web, namespace: other}", StringComparison.Ordinal));

        Assert.True((await DecideAsync(ClusterState.Empty.With(Object(Web), rival))).IsAllowed);
    }

    [Fact]
    public async Task Nor_is_a_namespace_deleted_a_moment_ago()
    {
        var alias = Create("{apiVersion: v1, kind: Service, metadata: {name: alias}, spec: {type: ExternalName, externalName: web.shop}}");
        var state = ClusterState.Empty.With(Object("{apiVersion: v1, kind: Namespace, metadata: {name: shop}}"));

        Assert.True((await _reader.DecideAsync(alias, PolicyOf("service-external-name: {}"), state, new(Patience, TimeProvider.System))).IsAllowed);
        _server.Put("{apiVersion: v1, kind: Namespace, metadata: {name: shop}}");
        Assert.False((await _reader.DecideAsync(alias, PolicyOf("service-external-name: {}"), state, new(Patience, TimeProvider.System))).IsAllowed);
    }

    [Fact]
    public async Task Nor_is_an_Ingress_that_led_to_a_deleted_Service_until_a_moment_ago()
    {
        var known = ClusterState.Empty.With(Object(Ingress));
        var deletion = new Subject { Operation = Operation.Delete, OldObject = Object(Web) };
        var policies = PolicyOf("service-in-use: {enforcement: Deny}");
        using var deadline = new Deadline(Patience, TimeProvider.System);

        _server.Put(Ingress);
        Assert.False((await _reader.DecideAsync(deletion, policies, known, deadline)).IsAllowed);
        _server.Put("{apiVersion: v1, kind: Namespace, metadata: {name: default, deletionTimestamp: '2026-11-01T00:00:00Z'}}");
        Assert.True((await _reader.DecideAsync(deletion, policies, known, deadline)).IsAllowed);
        _server.Put("{apiVersion: v1, kind: Namespace, metadata: {name: default}}");
        Assert.False((await _reader.DecideAsync(deletion, policies, known, deadline)).IsAllowed);
        _server.Put(Ingress.Replace("service: {name: web", "service: {name: other", StringComparison.Ordinal));
        Assert.True((await _reader.DecideAsync(deletion, policies, known, deadline)).IsAllowed);
    }

    [Fact]
    public async Task What_is_really_missing_is_denied()
    {
        var decision = await DecideAsync(ClusterState.Empty);

        Assert.Equal("ingress-backend-service-exists", Assert.Single(decision.Denials).Rule.Id);
    }

    [Fact]
    public async Task A_Service_found_live_without_the_port_is_denied_for_what_was_found()
    {
        _server.Put(Web.Replace("80", "8080", StringComparison.Ordinal));

        var decision = await DecideAsync(ClusterState.Empty);

        Assert.Contains("it exposes 8080", Assert.Single(decision.Denials).Violation.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(403)]
    [InlineData(500)]
    public async Task What_cannot_be_read_is_not_checked(int code)
    {
        _server.Faults.AnswerAlways("/api/v1/namespaces/default/services/web", code, "Refused");

        var decision = await DecideAsync(ClusterState.Empty);

        Assert.True(decision.IsAllowed);
        Assert.All(decision.Findings, finding => Assert.Equal(FindingStatus.Unchecked, finding.Status));
    }

    [Fact]
    public async Task A_rival_that_cannot_be_read_keeps_its_host_while_its_watch_works()
    {
        _server.Put(Web);
        _server.Faults.AnswerAlways("/apis/networking.k8s.io/v1/namespaces/other/ingresses/web", 429, "TooManyRequests");
        var known = ClusterState.Empty.With(Object(Web), Object(Ingress.Replace("{name: web}", "{name: web, namespace: other}", StringComparison.Ordinal)));

        Assert.Equal("ingress-host-conflict", Assert.Single((await DecideAsync(known)).Denials).Rule.Id);
        Assert.True((await DecideAsync(known.WithStale(ResourceKind.Ingress))).IsAllowed);
    }

    [Fact]
    public async Task Of_thousands_of_missing_objects_only_a_few_are_read_and_the_request_is_denied()
    {
        var paths = string.Join(",", Enumerable.Range(0, 5000).Select(i => $"{{backend: {{service: {{name: missing-{i}, port: {{number: 80}}}}}}}}"));
        var ingress = Ingress.Replace("paths: [", $"paths: [{paths},", StringComparison.Ordinal);

        var decision = await _reader.DecideAsync(Create(ingress), Policies, ClusterState.Empty, new(Patience, TimeProvider.System));

        Assert.False(decision.IsAllowed);
        Assert.InRange(_server.Requests.Count, 1, 40);
    }

    [Fact]
    public async Task Of_hundreds_of_objects_256_are_read_and_the_rest_is_unknown_and_denies_nothing()
    {
        // Until its class is read, nobody knows that the actions are Services, so that the reads do not come in full rounds.
        const int Most = 256;
        var names = Enumerable.Range(0, 300).Select(i => $"web-{i}").ToList();
        var actions = string.Join(", ", names.Select(name => $"alb.ingress.kubernetes.io/actions.{name}: '{{}}'"));
        var paths = string.Join(", ", names.Select(name => $"{{backend: {{service: {{name: {name}, port: {{name: use-annotation}}}}}}}}"));
        var ingress = $"{{apiVersion: networking.k8s.io/v1, kind: Ingress, metadata: {{name: web, annotations: {{{actions}}}}}, spec: {{ingressClassName: public, rules: [{{http: {{paths: [{paths}]}}}}]}}}}";
        _server.Put("{apiVersion: networking.k8s.io/v1, kind: IngressClass, metadata: {name: public}, spec: {controller: k8s.io/ingress-nginx}}");
        foreach (var name in names.Take(Most - 1))
            _server.Put(Web.Replace("name: web", $"name: {name}", StringComparison.Ordinal));

        var decision = await _reader.DecideAsync(Create(ingress), PolicyOf("ingress-class-exists: {}", "ingress-backend-service-exists: {}"), ClusterState.Empty, new(Patience, TimeProvider.System));

        Assert.True(decision.IsAllowed);
        Assert.Equal(names.Count - Most + 1, decision.Findings.Count(finding => finding.Status == FindingStatus.Unchecked));
        Assert.Equal(Most, _server.Requests.Count);
    }

    [Fact]
    public async Task What_turns_out_to_be_there_does_not_end_the_search_for_what_is_not()
    {
        for (var i = 0; i < 100; i++)
            _server.Put(Web.Replace("name: web", $"name: there-{i}", StringComparison.Ordinal));
        var paths = string.Join(",", Enumerable.Range(0, 100).Select(i => $"{{backend: {{service: {{name: there-{i}, port: {{number: 80}}}}}}}}"));

        var decision = await _reader.DecideAsync(Create(Ingress.Replace("paths: [", $"paths: [{paths},", StringComparison.Ordinal)), Policies, ClusterState.Empty, new(Patience, TimeProvider.System));

        Assert.Equal("Service default/web", Assert.Single(decision.RestsOn).ToString());
    }

    [Fact]
    public async Task A_silent_API_server_is_waited_for_until_the_deadline_and_no_longer()
    {
        _server.Faults.FallSilent();
        using var deadline = new Deadline(TimeSpan.FromMilliseconds(200), TimeProvider.System);

        var decision = await _reader.DecideAsync(Create(Ingress), Policies, ClusterState.Empty, deadline);

        Assert.True(decision.IsAllowed);
        Assert.Contains(decision.Findings, finding => finding.Status == FindingStatus.Unchecked);
    }

    [Fact]
    public async Task Requests_that_come_together_share_their_reads()
    {
        _server.Faults.FallSilent();
        var decisions = Enumerable.Range(0, 100).Select(_ => DecideAsync(ClusterState.Empty)).ToList();

        _server.Faults.SpeakAgain();
        await Task.WhenAll(decisions);

        Assert.InRange(_server.Requests.Count, 1, 4);
    }

    [Fact]
    public async Task A_read_that_began_before_a_request_came_does_not_answer_it()
    {
        _server.Faults.HoldAnswers();
        var early = DecideAsync(ClusterState.Empty);
        await WaitForRequestAsync();
        _server.Put(Web);
        var late = DecideAsync(ClusterState.Empty);

        _server.Faults.GiveAnswers();

        Assert.False((await early).IsAllowed);
        Assert.True((await late).IsAllowed);
    }

    [Fact]
    public async Task No_more_is_read_than_the_rate_permits_and_what_is_not_read_denies_nothing()
    {
        await using var reader = new LiveReader(_client, _metrics, new() { TokenLimit = 2, TokensPerPeriod = 1, ReplenishmentPeriod = TimeSpan.FromHours(1), QueueLimit = 0 });

        var allowed = new List<bool>();
        for (var i = 0; i < 3; i++)
            allowed.Add((await DecideAsync(ClusterState.Empty, reader)).IsAllowed);

        Assert.Equal([false, false, true], allowed);
        Assert.Equal(2, _server.Requests.Count);
    }

    [Fact]
    public async Task A_read_beyond_the_rate_waits_for_its_turn()
    {
        var period = TimeSpan.FromMilliseconds(20);
        await using var reader = new LiveReader(_client, _metrics, new() { TokenLimit = 1, TokensPerPeriod = 1, ReplenishmentPeriod = period, QueueLimit = 1 });
        var begin = TimeProvider.System.GetTimestamp();

        for (var i = 0; i < 10; i++)
            Assert.False((await DecideAsync(ClusterState.Empty, reader)).IsAllowed);

        Assert.InRange(TimeProvider.System.GetElapsedTime(begin), period * 7, Patience);
        Assert.Equal(10, _server.Requests.Count);
    }

    [Fact]
    public void The_usual_rate_is_100_objects_a_second_and_200_at_once()
    {
        var rate = LiveReader.UsualRate;

        Assert.Equal((200, 100), (rate.TokenLimit, rate.TokensPerPeriod / rate.ReplenishmentPeriod.TotalSeconds));
    }

    [Fact]
    public async Task What_was_read_live_stays_out_of_the_state()
    {
        _server.Put(Web);
        var state = ClusterState.Empty;

        await DecideAsync(state);

        Assert.True(state.Find<Service>("default", "web").IsMissing);
    }

    [Fact]
    public async Task A_name_that_would_lead_elsewhere_in_the_API_is_not_asked_for()
    {
        var decision = await _reader.DecideAsync(Create(Ingress.Replace("service: {name: web", "service: {name: ..", StringComparison.Ordinal)), Policies, ClusterState.Empty, new(Patience, TimeProvider.System));

        Assert.Single(decision.Denials);
        Assert.Empty(_server.Requests);
    }

    private async Task<Decision> DecideAsync(ClusterState state, LiveReader? reader = null) => await (reader ?? _reader).DecideAsync(Create(Ingress), Policies, state, new(Patience, TimeProvider.System));

    private async Task WaitForRequestAsync()
    {
        using var tick = new PeriodicTimer(TimeSpan.FromMilliseconds(5));
        using var patience = new CancellationTokenSource(Patience);
        while (_server.Requests.IsEmpty)
            await tick.WaitForNextTickAsync(patience.Token);
    }
}
