namespace AdmissionWebhook.Server.Certificates;

/// <summary>How the certificate is doing, for whoever asks from outside.</summary>
/// <remarks>
/// Not ready means that no handshake can succeed. A certificate that expires soon still serves: a replica that took itself out for that would be the
/// outage that it warns of. So it says so, and stays.
/// </remarks>
internal sealed class CertificateStatus(Current<ServingCertificate> serving, TimeProvider time)
{
    private volatile string? _refusal, _distrust, _bundleFault;
    private volatile bool _wasTrusted;
    private long _bundleWrites;

    /// <summary>Why what should be served cannot be had or used; null while it can.</summary>
    public string? Refusal { get => _refusal; set => _refusal = value; }

    /// <summary>Which webhook configuration lacks the authority; null where none does or nobody can tell. Once it was there, its loss takes no replica out: it is written again within seconds.</summary>
    public string? Distrust
    {
        get => _distrust;
        set
        {
            _distrust = value;
            _wasTrusted |= value is null;
        }
    }

    /// <summary>Why the caBundle cannot be kept right; null while it can.</summary>
    public string? BundleFault { get => _bundleFault; set => _bundleFault = value; }

    /// <summary>How often a caBundle was written.</summary>
    public long BundleWrites => Interlocked.Read(ref _bundleWrites);

    public DateTimeOffset? NotAfter => serving.Value.NotAfter;

    public DateTimeOffset? AuthorityNotAfter => serving.Value.AuthorityNotAfter;

    /// <summary>Whether what is served should have been renewed by now.</summary>
    public bool IsOverdue => serving.Value.WarningAt(time.GetUtcNow()) is not null;

    /// <summary>Why no handshake can succeed; null while one can.</summary>
    public string? Fault =>
        serving.Value.FaultAt(time.GetUtcNow()) is { } fault ? Refusal is null ? fault : $"{fault}; {Refusal}"
        : _wasTrusted ? null : Distrust;

    /// <summary>What is to be said of it although it hinders nothing; null where nothing is.</summary>
    public string? Detail =>
        string.Join("; ", new[] { serving.Value.WarningAt(time.GetUtcNow()), Refusal, Distrust, BundleFault }.OfType<string>()) is { Length: > 0 } detail ? detail : null;

    public void CountBundleWrite() => Interlocked.Increment(ref _bundleWrites);
}
