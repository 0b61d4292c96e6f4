using System.Collections.Concurrent;
using System.Diagnostics.Metrics;
using AdmissionWebhook.KubernetesApi;
using AdmissionWebhook.Policy.Configuration;
using AdmissionWebhook.Policy.Evaluation;
using AdmissionWebhook.Policy.Kinds;
using AdmissionWebhook.Policy.State;
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

    private static readonly PolicySet Usual = PolicyOf("ingress-backend-service-exists: {}", "ingress-backend-port-exists: {}", "ingress-host-conflict: {}");

    private static readonly string[] Paths =
    [
        "/api/v1/namespaces/default/services/web",
        "/api/v1/namespaces/other",
        "/apis/networking.k8s.io/v1/ingressclasses/nginx",
        "/apis/networking.k8s.io/v1/namespaces/other/ingresses/web",
    ];

    private readonly Metrics _metrics = new([]);
    private FakeApiServer _server = null!;
    private KubernetesApiClient _client = null!;
    private LiveReader _reader = null!;

    public async ValueTask InitializeAsync()
    {
        _server = await FakeApiServer.StartAsync();
        _client = new(new() { Address = _server.Address });
        _reader = new(_client, _metrics, TimeProvider.System);
    }

    public async ValueTask DisposeAsync()
    {
        _reader.Dispose();
        _metrics.Dispose();
        _client.Dispose();
        await _server.DisposeAsync();
    }

    [Fact]
    public async Task Allows_an_Ingress_right_after_its_Service_was_created()
    {
        _server.Put(Web);

        Assert.True((await DecideAsync(ClusterState.Empty)).IsAllowed);
    }

    [Fact]
    public async Task Allows_an_Ingress_right_after_its_Service_gained_the_port()
    {
        _server.Put(Web);

        Assert.True((await DecideAsync(ClusterState.Empty.With(Object(Web.Replace("80", "81", StringComparison.Ordinal))))).IsAllowed);
    }

    [Fact]
    public async Task Allows_an_Ingress_right_after_its_rival_was_deleted()
    {
        _server.Put(Web);
        var rival = Object(Ingress.Replace("{name: web}", "{name: web, namespace: other}", StringComparison.Ordinal));

        Assert.True((await DecideAsync(ClusterState.Empty.With(Object(Web), rival))).IsAllowed);
    }

    [Fact]
    public async Task Allows_an_ExternalName_Service_right_after_the_other_namespace_was_deleted()
    {
        var alias = Create("{apiVersion: v1, kind: Service, metadata: {name: alias}, spec: {type: ExternalName, externalName: web.shop}}");
        var state = ClusterState.Empty.With(Object("{apiVersion: v1, kind: Namespace, metadata: {name: shop}}"));

        Assert.True((await _reader.DecideAsync(alias, PolicyOf("service-external-name: {}"), state, new(Patience, TimeProvider.System))).IsAllowed);
        _server.Put("{apiVersion: v1, kind: Namespace, metadata: {name: shop}}");
        Assert.False((await _reader.DecideAsync(alias, PolicyOf("service-external-name: {}"), state, new(Patience, TimeProvider.System))).IsAllowed);
    }

    [Fact]
    public async Task Allows_a_Service_deletion_right_after_its_namespace_or_its_Ingress_changed()
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
    public async Task Decides_by_the_watch_at_once_when_too_many_requests_wait()
    {
        using var reader = new LiveReader(_client, _metrics, TimeProvider.System, mostFindings: 1);
        using var deadline = new Deadline(Patience, TimeProvider.System);
        _server.Put(Web);
        _server.Faults.HoldAnswers();

        var first = reader.DecideAsync(Create(Ingress), Usual, ClusterState.Empty, deadline);
        var second = reader.DecideAsync(Create(Ingress), Usual, ClusterState.Empty, deadline);

        Assert.True(second.IsCompleted);
        Assert.False((await second).IsAllowed);
        _server.Faults.GiveAnswers();
        Assert.True((await first).IsAllowed);
    }

    [Fact]
    public async Task Denies_an_Ingress_whose_Service_does_not_exist()
    {
        var decision = await DecideAsync(ClusterState.Empty);

        Assert.Equal("ingress-backend-service-exists", Assert.Single(decision.Denials).Rule.Id);
    }

    [Fact]
    public async Task A_denial_reports_the_ports_of_the_live_Service()
    {
        _server.Put(Web.Replace("80", "8080", StringComparison.Ordinal));

        var decision = await DecideAsync(ClusterState.Empty);

        Assert.Contains("it exposes 8080", Assert.Single(decision.Denials).Violation.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(403)]
    [InlineData(500)]
    public async Task Denies_by_the_watch_when_the_live_read_fails(int code)
    {
        _server.Put(Web);
        _server.Faults.AnswerAlways("/api/v1/namespaces/default/services/web", code, "Refused");

        Assert.Equal("ingress-backend-service-exists", Assert.Single((await DecideAsync(ClusterState.Empty)).Denials).Rule.Id);
        Assert.True((await DecideAsync(ClusterState.Empty.WithStale(ResourceKind.Service))).IsAllowed);
    }

    [Theory]
    [InlineData(false, "ingress-backend-service-exists: {}", Ingress)]
    [InlineData(false, "ingress-class-exists: {}", Ingress)]
    [InlineData(true, "service-external-name: {}", "{apiVersion: v1, kind: Service, metadata: {name: alias}, spec: {type: ExternalName, externalName: web.other}}")]
    [InlineData(true, "ingress-host-conflict: {}", Ingress)]
    public async Task Every_kind_stays_as_the_watch_shows_it_when_the_live_read_fails(bool isThere, string rule, string yaml)
    {
        var watched = ClusterState.Empty.With(
            Object(Ingress.Replace("{name: web}", "{name: web, namespace: other}", StringComparison.Ordinal)),
            Object("{apiVersion: v1, kind: Namespace, metadata: {name: other}}"));
        if (!isThere)
        {
            _server.Put(Web);
            _server.Put("{apiVersion: networking.k8s.io/v1, kind: IngressClass, metadata: {name: nginx}}");
        }

        Assert.True((await DecideAsync(yaml, PolicyOf(rule), watched)).IsAllowed);
        foreach (var path in Paths)
            _server.Faults.AnswerAlways(path, 503, "ServiceUnavailable");
        Assert.False((await DecideAsync(yaml, PolicyOf(rule), watched)).IsAllowed);
    }

    [Fact]
    public async Task A_policy_covers_a_namespace_whose_live_read_fails()
    {
        var policies = TestSupport.Objects.Policies("""
            apiVersion: policy.admissionwebhook.dev/v1alpha1
            kind: TrafficPolicy
            metadata: {name: test}
            spec: {namespaces: {selector: {matchLabels: {tier: production}}}, rules: {service-external-name: {}, service-external-ips: {}}}
            """);
        var watched = ClusterState.Empty.With(Object("{apiVersion: v1, kind: Namespace, metadata: {name: default, labels: {tier: production}}}"));
        _server.Faults.AnswerAlways("/api/v1/namespaces/default", 503, "ServiceUnavailable");

        // The name leads to the very namespace that the policy selects, so the read that fails is of that.
        var decision = await DecideAsync("{apiVersion: v1, kind: Service, metadata: {name: wp}, spec: {type: ExternalName, externalName: web.default, externalIPs: [8.8.8.8]}}", policies, watched);

        Assert.Equal(["service-external-ips", "service-external-name"], decision.Denials.Select(denial => denial.Rule.Id).Order(StringComparer.Ordinal));
    }

    [Fact]
    public async Task A_rival_keeps_its_host_when_its_live_read_fails()
    {
        _server.Put(Web);
        _server.Faults.AnswerAlways("/apis/networking.k8s.io/v1/namespaces/other/ingresses/web", 429, "TooManyRequests");
        var known = ClusterState.Empty.With(Object(Web), Object(Ingress.Replace("{name: web}", "{name: web, namespace: other}", StringComparison.Ordinal)));

        Assert.Equal("ingress-host-conflict", Assert.Single((await DecideAsync(known)).Denials).Rule.Id);
    }

    [Fact]
    public async Task Reads_only_a_few_of_thousands_of_missing_objects_before_a_denial()
    {
        var paths = string.Join(",", Enumerable.Range(0, 5000).Select(i => $"{{backend: {{service: {{name: missing-{i}, port: {{number: 80}}}}}}}}"));
        var ingress = Ingress.Replace("paths: [", $"paths: [{paths},", StringComparison.Ordinal);

        var decision = await _reader.DecideAsync(Create(ingress), Usual, ClusterState.Empty, new(Patience, TimeProvider.System));

        Assert.False(decision.IsAllowed);
        Assert.InRange(_server.Requests.Count, 1, 40);
    }

    [Fact]
    public async Task Reads_at_most_256_objects_and_takes_the_rest_from_the_watch()
    {
        // Until its class is read, nobody knows that the actions are Services, so that the reads do not come in full rounds.
        const int Most = 256;
        var names = Enumerable.Range(0, 300).Select(i => $"web-{i}").ToList();
        var actions = string.Join(", ", names.Select(name => $"alb.ingress.kubernetes.io/actions.{name}: '{{}}'"));
        var paths = string.Join(", ", names.Select(name => $"{{backend: {{service: {{name: {name}, port: {{name: use-annotation}}}}}}}}"));
        var ingress = $"{{apiVersion: networking.k8s.io/v1, kind: Ingress, metadata: {{name: web, annotations: {{{actions}}}}}, spec: {{ingressClassName: public, rules: [{{http: {{paths: [{paths}]}}}}]}}}}";
        _server.Put("{apiVersion: networking.k8s.io/v1, kind: IngressClass, metadata: {name: public}, spec: {controller: k8s.io/ingress-nginx}}");
        foreach (var name in names)
            _server.Put(Web.Replace("name: web", $"name: {name}", StringComparison.Ordinal));

        var decision = await _reader.DecideAsync(Create(ingress), PolicyOf("ingress-class-exists: {}", "ingress-backend-service-exists: {}"), ClusterState.Empty, new(Patience, TimeProvider.System));

        Assert.Equal(names.Count - Most + 1, decision.Denials.Count());
        Assert.Equal(Most, _server.Requests.Count);
    }

    [Fact]
    public async Task Searches_on_for_missing_objects_after_it_found_an_existing_one()
    {
        for (var i = 0; i < 100; i++)
            _server.Put(Web.Replace("name: web", $"name: there-{i}", StringComparison.Ordinal));
        var paths = string.Join(",", Enumerable.Range(0, 100).Select(i => $"{{backend: {{service: {{name: there-{i}, port: {{number: 80}}}}}}}}"));

        var decision = await _reader.DecideAsync(Create(Ingress.Replace("paths: [", $"paths: [{paths},", StringComparison.Ordinal)), Usual, ClusterState.Empty, new(Patience, TimeProvider.System));

        Assert.Equal("Service default/web", Assert.Single(decision.RestsOn).ToString());
    }

    [Fact]
    public async Task Waits_for_a_silent_API_server_only_until_the_deadline()
    {
        _server.Faults.FallSilent();
        using var deadline = new Deadline(TimeSpan.FromMilliseconds(200), TimeProvider.System);

        var decision = await _reader.DecideAsync(Create(Ingress), Usual, ClusterState.Empty, deadline);

        Assert.False(decision.IsAllowed);
        Assert.True(deadline.HasPassed);
    }

    [Fact]
    public async Task Concurrent_requests_share_live_reads()
    {
        _server.Faults.FallSilent();
        var decisions = Enumerable.Range(0, 100).Select(_ => DecideAsync(ClusterState.Empty)).ToList();

        _server.Faults.SpeakAgain();
        await Task.WhenAll(decisions);

        Assert.InRange(_server.Requests.Count, 1, 4);
    }

    [Fact]
    public async Task A_request_does_not_use_a_read_that_began_before_it()
    {
        _server.Faults.HoldAnswers();
        var early = DecideAsync(ClusterState.Empty);
        await WaitForRequestsAsync(1);
        _server.Put(Web);
        var late = DecideAsync(ClusterState.Empty);

        _server.Faults.GiveAnswers();

        Assert.False((await early).IsAllowed);
        Assert.True((await late).IsAllowed);
    }

    [Fact]
    public async Task Decides_by_the_watch_beyond_the_read_rate()
    {
        using var reader = new LiveReader(_client, _metrics, TimeProvider.System, new(Burst: 2, Period: TimeSpan.FromHours(1), MostWaiting: 0));
        var results = new ConcurrentBag<string>();
        using var listener = CountResults(results);
        for (var i = 0; i < 2; i++)
            Assert.False((await DecideAsync(ClusterState.Empty, reader)).IsAllowed);
        _server.Put(Web);

        Assert.False((await DecideAsync(ClusterState.Empty, reader)).IsAllowed);

        Assert.Equal(2, _server.Requests.Count);
        Assert.Equal(["missing", "missing", "refused"], results.Order(StringComparer.Ordinal));
    }

    [Fact]
    public async Task A_read_beyond_the_rate_waits_for_its_turn()
    {
        var period = TimeSpan.FromMilliseconds(20);
        using var reader = new LiveReader(_client, _metrics, TimeProvider.System, new(Burst: 1, period, MostWaiting: 1));
        var begin = TimeProvider.System.GetTimestamp();

        for (var i = 0; i < 10; i++)
            Assert.False((await DecideAsync(ClusterState.Empty, reader)).IsAllowed);

        Assert.InRange(TimeProvider.System.GetElapsedTime(begin), period * 7, Patience);
        Assert.Equal(10, _server.Requests.Count);
    }

    [Fact]
    public async Task Reads_for_one_namespace_in_time_while_another_floods()
    {
        _server.Put(Web);
        _server.Put("{apiVersion: v1, kind: Namespace, metadata: {name: flooding}}");
        var known = Namespaces("default", "flooding");
        using var deadline = new Deadline(Patience, TimeProvider.System);
        var flood = Enumerable.Range(0, 14).Select(_ => _reader.DecideAsync(Flooding(100), Usual, known, deadline).AsTask()).ToList();
        await WaitForRequestsAsync(200);

        // What it asks for takes more than two seconds, and nobody else waits for that.
        var begin = TimeProvider.System.GetTimestamp();
        for (var i = 0; i < 10; i++)
        {
            Assert.True((await DecideAsync(known)).IsAllowed);
            Assert.False((await DecideAsync("{apiVersion: v1, kind: Service, metadata: {name: alias}, spec: {type: ExternalName, externalName: web.flooding}}", PolicyOf("service-external-name: {}"), known)).IsAllowed);
        }

        Assert.InRange(TimeProvider.System.GetElapsedTime(begin), TimeSpan.Zero, TimeSpan.FromSeconds(1.5));
        Assert.Contains(flood, request => !request.IsCompleted);
    }

    [Fact]
    public async Task Missing_namespaces_share_one_turn()
    {
        using var reader = new LiveReader(_client, _metrics, TimeProvider.System, new(Burst: 1, TimeSpan.FromMilliseconds(20), MostWaiting: 200));
        using var deadline = new Deadline(Patience, TimeProvider.System);
        var known = Namespaces("default");
        var flood = Enumerable.Range(0, 100).Select(i => reader.DecideAsync(Flooding(1, $"forged-{i}"), Usual, known, deadline).AsTask()).ToList();
        _server.Put(Web);

        Assert.True((await DecideAsync(known, reader)).IsAllowed);

        Assert.InRange(_server.Requests.Count, 1, 20);
        Assert.Contains(flood, request => !request.IsCompleted);
    }

    [Fact]
    public async Task A_request_without_a_place_in_the_queue_does_not_wait_for_others()
    {
        using var reader = new LiveReader(_client, _metrics, TimeProvider.System, new(Burst: 1, TimeSpan.FromHours(1), MostWaiting: 100, MostInAll: 2));
        using var deadline = new Deadline(Patience, TimeProvider.System);
        Assert.False((await DecideAsync(ClusterState.Empty, reader)).IsAllowed);
        var waiting = Enumerable.Range(0, 2).Select(_ => reader.DecideAsync(Create(Ingress), Usual, ClusterState.Empty, deadline).AsTask()).ToList();

        Assert.False((await reader.DecideAsync(Create(Ingress), Usual, ClusterState.Empty, deadline).AsTask().WaitAsync(TimeSpan.FromSeconds(10))).IsAllowed);

        Assert.DoesNotContain(waiting, request => request.IsCompleted);
    }

    [Fact]
    public async Task Another_namespace_pays_for_a_shared_read_of_an_exhausted_namespace()
    {
        // The burst is used up, and what comes is for those who do not flood.
        using var reader = new LiveReader(_client, _metrics, TimeProvider.System, new(Burst: 1, TimeSpan.FromMilliseconds(300), MostWaiting: 20));
        using var deadline = new Deadline(Patience, TimeProvider.System);
        const string Class = "{apiVersion: networking.k8s.io/v1, kind: Ingress, metadata: {name: web, namespace: NAMESPACE}, spec: {ingressClassName: public}}";
        var policies = PolicyOf("ingress-class-exists: {}", "ingress-backend-service-exists: {}");
        var known = Namespaces("flooding", "victim");
        var exhausted = Enumerable.Range(0, 5).Select(_ => reader.DecideAsync(Flooding(4), policies, known, deadline).AsTask()).ToList();
        exhausted.Add(reader.DecideAsync(Create(Class.Replace("NAMESPACE", "flooding", StringComparison.Ordinal)), policies, known, deadline).AsTask());
        _server.Put("{apiVersion: networking.k8s.io/v1, kind: IngressClass, metadata: {name: public}}");

        var decision = await reader.DecideAsync(Create(Class.Replace("NAMESPACE", "victim", StringComparison.Ordinal)), policies, known, deadline);

        Assert.True(decision.IsAllowed);
        Assert.InRange(_server.Requests.Count, 1, 5);
        Assert.Contains(exhausted, request => !request.IsCompleted);
    }

    [Fact]
    public void The_usual_rate_is_100_objects_a_second_and_200_at_once()
    {
        var rate = LiveReader.UsualLimits;

        Assert.Equal((200, 100), (rate.Burst, TimeSpan.FromSeconds(1) / rate.Period));
    }

    [Fact]
    public async Task A_live_read_does_not_change_the_cluster_state()
    {
        _server.Put(Web);
        var state = ClusterState.Empty;

        await DecideAsync(state);

        Assert.True(state.Find<Service>("default", "web").IsMissing);
    }

    [Fact]
    public async Task Does_not_read_a_name_that_changes_the_API_path()
    {
        var decision = await _reader.DecideAsync(Create(Ingress.Replace("service: {name: web", "service: {name: ..", StringComparison.Ordinal)), Usual, ClusterState.Empty, new(Patience, TimeProvider.System));

        Assert.Single(decision.Denials);
        Assert.Empty(_server.Requests);
    }

    private async Task<Decision> DecideAsync(ClusterState state, LiveReader? reader = null)
    {
        using var deadline = new Deadline(Patience, TimeProvider.System);
        return await (reader ?? _reader).DecideAsync(Create(Ingress), Usual, state, deadline);
    }

    private async Task<Decision> DecideAsync(string yaml, PolicySet policies, ClusterState state)
    {
        using var deadline = new Deadline(Patience, TimeProvider.System);
        return await _reader.DecideAsync(Create(yaml), policies, state, deadline);
    }

    private static ClusterState Namespaces(params IEnumerable<string> names) =>
        ClusterState.Empty.With(names.Select(name => Object($"{{apiVersion: v1, kind: Namespace, metadata: {{name: {name}}}}}")));

    /// <summary>An Ingress with backends that do not exist and that nobody has asked for before.</summary>
    private static Subject Flooding(int backends, string @namespace = "flooding")
    {
        var paths = Enumerable.Range(0, backends).Select(_ => $"{{backend: {{service: {{name: m-{Guid.NewGuid()}, port: {{number: 80}}}}}}}}");
        return Create($"{{apiVersion: networking.k8s.io/v1, kind: Ingress, metadata: {{name: l, namespace: {@namespace}}}, spec: {{ingressClassName: nginx, rules: [{{http: {{paths: [{string.Join(", ", paths)}]}}}}]}}}}");
    }

    private MeterListener CountResults(ConcurrentBag<string> results)
    {
        var listener = new MeterListener
        {
            InstrumentPublished = (instrument, listening) =>
            {
                if (_metrics.Measures(instrument) && instrument.Name == "admission_webhook_live_reads_total")
                    listening.EnableMeasurementEvents(instrument);
            },
        };
        listener.SetMeasurementEventCallback<long>((_, _, tags, _) => results.Add((string)tags[0].Value!));
        listener.Start();
        return listener;
    }

    private async Task WaitForRequestsAsync(int count)
    {
        using var tick = new PeriodicTimer(TimeSpan.FromMilliseconds(5));
        using var patience = new CancellationTokenSource(Patience);
        while (_server.Requests.Count < count)
            await tick.WaitForNextTickAsync(patience.Token);
    }
}
