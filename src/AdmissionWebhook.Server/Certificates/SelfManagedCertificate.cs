using System.Net;
using System.Runtime.ExceptionServices;
using System.Security.Cryptography.X509Certificates;
using System.Threading.Channels;
using AdmissionWebhook.KubernetesApi;
using AdmissionWebhook.Server.Cluster;
using AdmissionWebhook.Server.Settings;

namespace AdmissionWebhook.Server.Certificates;

/// <summary>
/// Keeps the Secret, the caBundle of the webhook configurations and the served certificate consistent. All replicas do the same: if one of them
/// stored a step, the others read it; a slower replica reads again.
/// </summary>
internal sealed partial class SelfManagedCertificate(
    CertificateSettings settings, CertificateTerms terms, string @namespace, KubernetesApiClient client, Current<ServingCertificate> serving, CertificateStatus status,
    WatchTimes times, TimeProvider time, ILogger<SelfManagedCertificate> logger)
    : BackgroundService
{
    private const string FieldManager = "admission-webhook-certificate";

    /// <summary>How often the service checks everything without a hint of a watch.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    /// <summary>The time limit of one check.</summary>
    private static readonly TimeSpan Deadline = TimeSpan.FromSeconds(10);

    /// <summary>Changes come in bursts.</summary>
    private static readonly TimeSpan Quiet = TimeSpan.FromMilliseconds(50);

    /// <summary>The usual maximum of writes within a minute. Above it, another writer works against this server, so the server slows down.</summary>
    private const int UsualWrites = 6;

    private readonly Channel<bool> _hints = Channel.CreateBounded<bool>(new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropWrite });
    private readonly Dictionary<string, long> _trustedSince = [];
    private readonly Queue<long> _writes = new();
    private CertificateSecret _served = CertificateSecret.None;
    private string _lastMistakes = "";

    private string Collection => $"api/v1/namespaces/{@namespace}/secrets";

    private string SecretPath => $"{Collection}/{settings.SecretName}";

    /// <summary>The objects to watch for changes.</summary>
    public static IEnumerable<(string Collection, string Name)> Watched(CertificateSettings settings, string @namespace) =>
        [($"api/v1/namespaces/{@namespace}/secrets", settings.SecretName), .. WebhookConfiguration.Kinds.Select(kind => (WebhookConfiguration.CollectionOf(kind), settings.WebhookConfiguration))];

    /// <summary>Something may have changed.</summary>
    public void Hint() => _hints.Writer.TryWrite(true);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        for (var failures = 0; !stoppingToken.IsCancellationRequested;)
        {
            TimeSpan rest;
            try
            {
                using var patience = CancellationTokenSource.CreateLinkedTokenSource(stoppingToken);
                patience.CancelAfter(Deadline);
                rest = await LookAsync(patience.Token);
                failures = 0;
            }
            catch (ApiException conflict) when (conflict.Code == HttpStatusCode.Conflict)
            {
                // Another replica was faster. Its version counts.
                rest = times.DelayAfter(1);
            }
            catch (Exception error) when (!stoppingToken.IsCancellationRequested)
            {
                var reason = error is OperationCanceledException ? "no answer in time" : error.Message;
                status.Refusal = $"cannot update Secret {@namespace}/{settings.SecretName}: {reason}";
                if (failures++ == 0)
                    Log.Failed(logger, @namespace, settings.SecretName, reason);
                await Task.Delay(times.DelayAfter(error, failures), time, stoppingToken);
                continue;
            }

            await WaitAsync(rest, stoppingToken);
        }
    }

    /// <summary>Waits for a change, but not longer than given.</summary>
    private async Task WaitAsync(TimeSpan rest, CancellationToken stopping)
    {
        using var wake = time.CreateTimer(_ => Hint(), null, rest, Timeout.InfiniteTimeSpan);
        await _hints.Reader.ReadAsync(stopping);
        while (_writes.TryPeek(out var write) && time.GetElapsedTime(write) > TimeSpan.FromMinutes(1))
            _writes.Dequeue();
        await Task.Delay(_writes.Count > UsualWrites ? times.DelayAfter(_writes.Count - UsualWrites) : Quiet, time, stopping);
        _hints.Reader.TryRead(out _);
    }

    /// <summary>Checks everything, and takes one step. It reads the configurations first: see <see cref="WebhookConfiguration.Apply"/>.</summary>
    /// <returns>The latest time of the next check.</returns>
    private async Task<TimeSpan> LookAsync(CancellationToken cancellation)
    {
        var configurations = await ReadConfigurationsAsync(cancellation);
        var stored = await client.GetAsync(SecretPath, CertificateSecret.Read, cancellation) ?? CertificateSecret.None;
        Tell(stored.Mistakes);
        NoteTrust(stored, configurations);

        var now = time.GetUtcNow();
        var view = new CertificateView(stored, _served, [.. (configurations ?? []).SelectMany(configuration => configuration.Trusted)], stored.Issuer is { } issuer && IsTrusted(issuer));
        var (step, known) = CertificatePlan.Next(view, terms, now);
        ExceptionDispatchInfo? failure = null;
        if (step is not (CertificateStep.None or CertificateStep.AwaitTrust))
        {
            try
            {
                _writes.Enqueue(time.GetTimestamp());
                known = await StoreAsync(CertificatePlan.Take(step, known, terms, now), cancellation);
                Log.Stepped(logger, Describe(step), @namespace, settings.SecretName, known.Serving!.NotAfter.ToUniversalTime(), known.Issuer!.NotAfter.ToUniversalTime());
            }
            catch (ApiException refused) when (refused.Code != HttpStatusCode.Conflict)
            {
                // The stored certificate can be valid for weeks, so the server must serve and trust it meanwhile.
                failure = ExceptionDispatchInfo.Capture(refused);
            }
        }

        if (configurations is not null && !known.Authorities.IsEmpty)
            configurations = await WriteBundlesAsync(configurations, known.Bundle, cancellation);
        NoteTrust(known, configurations);
        var isWaiting = !Serve(known, now) || step is CertificateStep.AwaitTrust or CertificateStep.AddAuthority;
        TellTrust(known, configurations, now);
        failure?.Throw();
        status.Refusal = null;
        return isWaiting && settings.TrustDelay < Patience ? settings.TrustDelay : Patience;
    }

    private static string Describe(CertificateStep step) => step switch
    {
        CertificateStep.StartOver => "a new authority and a new certificate",
        CertificateStep.AddAuthority => "a new authority",
        CertificateStep.IssueCertificate => "a new certificate",
        _ => "fewer authorities",
    };

    private Task<CertificateSecret> StoreAsync(CertificateSecret next, CancellationToken cancellation)
    {
        var json = next.Write(@namespace, settings.SecretName);
        return next.Object is null ? client.CreateAsync(Collection, json, CertificateSecret.Read, cancellation) : client.ReplaceAsync(SecretPath, json, CertificateSecret.Read, cancellation);
    }

    /// <returns>The existing ones; null if they are unknown.</returns>
    private async Task<ImmutableArray<WebhookConfiguration>?> ReadConfigurationsAsync(CancellationToken cancellation)
    {
        var found = ImmutableArray.CreateBuilder<WebhookConfiguration>();
        try
        {
            foreach (var kind in WebhookConfiguration.Kinds)
            {
                if (await client.GetAsync($"{WebhookConfiguration.CollectionOf(kind)}/{settings.WebhookConfiguration}", json => WebhookConfiguration.Read(kind, json), cancellation) is { } configuration)
                    found.Add(configuration);
            }

            return found.ToImmutable();
        }
        catch (ApiException refused) when (refused.Code is HttpStatusCode.Forbidden)
        {
            FailBundles(refused.Message);
            return null;
        }
    }

    private async Task<ImmutableArray<WebhookConfiguration>?> WriteBundlesAsync(ImmutableArray<WebhookConfiguration>? read, string bundle, CancellationToken cancellation)
    {
        var written = ImmutableArray.CreateBuilder<WebhookConfiguration>();
        try
        {
            foreach (var configuration in read!)
            {
                if (configuration.Has(bundle))
                {
                    written.Add(configuration);
                    continue;
                }

                written.Add(await client.ApplyAsync(
                    $"{WebhookConfiguration.CollectionOf(configuration.Kind)}/{configuration.Name}", FieldManager, configuration.Apply(bundle), json => WebhookConfiguration.Read(configuration.Kind, json), cancellation));
                _writes.Enqueue(time.GetTimestamp());
                status.CountBundleWrite();
                Log.BundleWritten(logger, configuration.Kind, configuration.Name);
            }

            status.BundleFault = null;
            return written.ToImmutable();
        }
        catch (ApiException refused) when (refused.Code is HttpStatusCode.Forbidden or HttpStatusCode.BadRequest or HttpStatusCode.UnprocessableEntity)
        {
            FailBundles(refused.Message);
            return read;
        }
    }

    private void FailBundles(string reason)
    {
        if (status.BundleFault is null)
            Log.BundleRefused(logger, settings.WebhookConfiguration, reason);
        status.BundleFault = $"cannot update the caBundle of {settings.WebhookConfiguration}: {reason}";
    }

    /// <summary>The time since which each authority has been in every caBundle without a break. Unknown counts as absent.</summary>
    private void NoteTrust(CertificateSecret stored, ImmutableArray<WebhookConfiguration>? configurations)
    {
        var trusted = stored.Authorities.Where(authority => configurations is { } all && all.All(each => each.Trusts(authority))).Select(authority => authority.Thumbprint).ToHashSet();
        foreach (var lost in _trustedSince.Keys.Where(known => !trusted.Contains(known)).ToList())
            _trustedSince.Remove(lost);
        foreach (var thumbprint in trusted)
            _trustedSince.TryAdd(thumbprint, time.GetTimestamp());
    }

    private bool IsTrusted(X509Certificate2 authority) => _trustedSince.TryGetValue(authority.Thumbprint, out var since) && time.GetElapsedTime(since) >= settings.TrustDelay;

    /// <summary>
    /// Serves the stored certificate. It waits only if API servers may not trust its authority yet and the served certificate is still valid: a user
    /// may have created a new Secret.
    /// </summary>
    /// <returns>Whether it serves the stored certificate.</returns>
    private bool Serve(CertificateSecret stored, DateTimeOffset now)
    {
        if (stored.Serving is not { } certificate || CertificatePlan.AuthorityOf(certificate, stored.Authorities, now) is not { } authority)
            return true;

        var isServed = serving.Value.Thumbprint == certificate.Thumbprint;
        if (!isServed && !IsTrusted(authority) && IsStillGood(authority, stored, now))
            return false;

        _served = stored;
        if (isServed)
            return true;
        serving.Value = new(certificate, [], authority);
        Log.Served(logger, @namespace, settings.SecretName, certificate.NotAfter.ToUniversalTime());
        return true;
    }

    /// <summary>Whether another trusted authority signed the served certificate.</summary>
    private bool IsStillGood(X509Certificate2 authority, CertificateSecret stored, DateTimeOffset now) =>
        _served.Serving is { } former && CertificatePlan.AuthorityOf(former, stored.Authorities, now) is { } other && other.Thumbprint != authority.Thumbprint;

    private void Tell(ImmutableArray<string> mistakes)
    {
        var told = string.Join("; ", mistakes);
        if (told.Length > 0 && told != _lastMistakes)
            Log.Broken(logger, @namespace, settings.SecretName, told);
        _lastMistakes = told;
    }

    private void TellTrust(CertificateSecret stored, ImmutableArray<WebhookConfiguration>? configurations, DateTimeOffset now)
    {
        var authority = _served.Serving is { } certificate ? CertificatePlan.AuthorityOf(certificate, stored.Authorities, now) : null;
        var distrusting = (configurations ?? []).Where(configuration => authority is null || !configuration.Trusts(authority)).Select(configuration => configuration.Kind);
        status.Distrust = string.Join(" and ", distrusting) is { Length: > 0 } kinds ? $"the caBundle of {kinds} {settings.WebhookConfiguration} lacks its authority" : null;
    }

    private static partial class Log
    {
        [LoggerMessage(LogLevel.Information, "Stored {What} in Secret {Namespace}/{Name}: the certificate is valid until {NotAfter:u}, its authority until {AuthorityNotAfter:u}")]
        public static partial void Stepped(ILogger logger, string what, string @namespace, string name, DateTime notAfter, DateTime authorityNotAfter);

        [LoggerMessage(LogLevel.Information, "Serving the certificate of Secret {Namespace}/{Name}, valid until {NotAfter:u}")]
        public static partial void Served(ILogger logger, string @namespace, string name, DateTime notAfter);

        [LoggerMessage(LogLevel.Information, "Wrote the caBundle of {Kind} {Name}")]
        public static partial void BundleWritten(ILogger logger, string kind, string name);

        [LoggerMessage(LogLevel.Error, "Secret {Namespace}/{Name} is invalid; replacing it: {Mistakes}")]
        public static partial void Broken(ILogger logger, string @namespace, string name, string mistakes);

        [LoggerMessage(LogLevel.Error, "Cannot update the caBundle of {Name}, trying again: {Reason}")]
        public static partial void BundleRefused(ILogger logger, string name, string reason);

        [LoggerMessage(LogLevel.Error, "Cannot update Secret {Namespace}/{Name}, trying again; the served certificate stays: {Reason}")]
        public static partial void Failed(ILogger logger, string @namespace, string name, string reason);
    }
}
