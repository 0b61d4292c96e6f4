namespace AdmissionWebhook.Server.Certificates;

/// <summary>The state of the certificate, for readiness and metrics.</summary>
/// <remarks>
/// Not ready means that no handshake can succeed. A certificate that expires soon still serves: a replica that became not ready for that would cause
/// the outage that it warns of. So it stays ready and warns.
/// </remarks>
internal sealed class CertificateStatus(Current<ServingCertificate> serving, TimeProvider time)
{
    private volatile string? _refusal, _distrust, _bundleFault;
    private volatile bool _wasTrusted;
    private long _bundleWrites;

    /// <summary>Why the server cannot get or use a newer certificate; null if it can.</summary>
    public string? Refusal { get => _refusal; set => _refusal = value; }

    /// <summary>
    /// Which webhook configuration lacks the authority; null if none does, or it is unknown. A later loss does not make a replica not ready: replicas
    /// write it again within seconds.
    /// </summary>
    public string? Distrust
    {
        get => _distrust;
        set
        {
            _distrust = value;
            _wasTrusted |= value is null;
        }
    }

    /// <summary>Why the server cannot update the caBundle; null if it can.</summary>
    public string? BundleFault { get => _bundleFault; set => _bundleFault = value; }

    /// <summary>The number of writes of a caBundle.</summary>
    public long BundleWrites => Interlocked.Read(ref _bundleWrites);

    public DateTimeOffset? NotAfter => serving.Value.NotAfter;

    public DateTimeOffset? AuthorityNotAfter => serving.Value.AuthorityNotAfter;

    /// <summary>Whether the renewal of the served certificate is overdue.</summary>
    public bool IsOverdue => serving.Value.WarningAt(time.GetUtcNow()) is not null;

    /// <summary>Why no handshake can succeed; null if one can.</summary>
    public string? Fault =>
        serving.Value.FaultAt(time.GetUtcNow()) is { } fault ? Refusal is null ? fault : $"{fault}; {Refusal}"
        : _wasTrusted ? null : Distrust;

    /// <summary>Warnings that do not affect readiness; null if there are none.</summary>
    public string? Detail =>
        string.Join("; ", new[] { serving.Value.WarningAt(time.GetUtcNow()), Refusal, Distrust, BundleFault }.OfType<string>()) is { Length: > 0 } detail ? detail : null;

    public void CountBundleWrite() => Interlocked.Increment(ref _bundleWrites);
}
