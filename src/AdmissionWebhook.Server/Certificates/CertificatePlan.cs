using System.Security.Cryptography.X509Certificates;

namespace AdmissionWebhook.Server.Certificates;

/// <summary>The next step of a replica for the Secret.</summary>
internal enum CertificateStep
{
    /// <summary>No step is due.</summary>
    None,

    /// <summary>A new authority signs nothing before every API server trusts it.</summary>
    AwaitTrust,

    /// <summary>The issuer signs a new serving certificate.</summary>
    IssueCertificate,

    /// <summary>A new authority joins the others. The served certificate stays.</summary>
    AddAuthority,

    /// <summary>A new authority and its certificate at once: the server has no other valid certificate.</summary>
    StartOver,

    /// <summary>Remove authorities whose certificates have all expired.</summary>
    DropAuthorities,
}

/// <summary>Everything that a replica knows about certificates at one moment.</summary>
/// <param name="Stored">The content of the Secret.</param>
/// <param name="Served">The Secret of the served certificate: still known after a user deleted or broke it.</param>
/// <param name="Trusted">The authorities in any caBundle: other replicas can serve certificates of these.</param>
/// <param name="IsIssuerTrusted">Whether the stored issuer has been in every caBundle for long enough.</param>
internal sealed record CertificateView(CertificateSecret Stored, CertificateSecret Served, ImmutableArray<X509Certificate2> Trusted, bool IsIssuerTrusted);

/// <summary>
/// The life of certificates and authorities as one state machine. It has no clock and is deterministic; every replica runs it on the state it reads.
/// If two replicas take the same step, one of them stores it and the other reads again.
/// </summary>
internal static class CertificatePlan
{
    /// <returns>The next step, and its start: the Secret, completed with data from the other sources.</returns>
    public static (CertificateStep Step, CertificateSecret Start) Next(CertificateView view, CertificateTerms terms, DateTimeOffset now)
    {
        var start = Mend(view, now);
        return (StepFrom(start, view.IsIssuerTrusted, terms, now), start);
    }

    /// <summary>The Secret after a step.</summary>
    public static CertificateSecret Take(CertificateStep step, CertificateSecret start, CertificateTerms terms, DateTimeOffset now) => step switch
    {
        CertificateStep.AddAuthority => WithNewAuthority(start, terms, now),
        CertificateStep.StartOver => WithNewCertificate(WithNewAuthority(start, terms, now), terms, now),
        CertificateStep.IssueCertificate => WithNewCertificate(start, terms, now),
        CertificateStep.DropAuthorities => start with { Authorities = Needed(start, terms, now) },
        _ => start,
    };

    /// <summary>The authority of a certificate at a time; null if it has none, or is not valid then.</summary>
    public static X509Certificate2? AuthorityOf(X509Certificate2 certificate, IEnumerable<X509Certificate2> authorities, DateTimeOffset now) =>
        authorities.FirstOrDefault(authority => Vouches(authority, certificate, now));

    private static CertificateStep StepFrom(CertificateSecret start, bool isIssuerTrusted, CertificateTerms terms, DateTimeOffset now)
    {
        if (start.Issuer is not { } issuer)
            return start.Serving is null ? CertificateStep.StartOver : CertificateStep.AddAuthority;
        if (start.Serving is not { } serving)
            return CertificateStep.IssueCertificate;
        if (CertificateTerms.RenewalOf(issuer) <= now)
            return CertificateStep.AddAuthority;
        if (!Vouches(issuer, serving, now))
            return isIssuerTrusted ? CertificateStep.IssueCertificate : CertificateStep.AwaitTrust;
        if (CertificateTerms.RenewalOf(serving) <= now || !terms.AreMetBy(serving))
            return CertificateStep.IssueCertificate;
        return Needed(start, terms, now).Length < start.Authorities.Length ? CertificateStep.DropAuthorities : CertificateStep.None;
    }

    /// <summary>
    /// Leaves out expired and invalid parts. A deleted or broken Secret has no signing key. The plan then continues with the served certificate and
    /// the authorities that API servers trust. It does not restore a deleted key.
    /// </summary>
    private static CertificateSecret Mend(CertificateView view, DateTimeOffset now)
    {
        var (stored, served) = (view.Stored, view.Served);
        var issuer = stored.Issuer is { } signer && IsValid(signer, now) ? signer : null;
        var authorities = issuer is not null ? stored.Authorities
            : CertificateSecret.NewestFirst([.. stored.Authorities, .. served.Authorities, .. view.Trusted]).Where(authority => CertificateTerms.EndOf(authority) > now);
        return stored with
        {
            Issuer = issuer,
            Authorities = [.. authorities],
            Serving = Usable(stored.Serving) ?? (issuer is null ? Usable(served.Serving) : null),
        };

        X509Certificate2? Usable(X509Certificate2? certificate) => certificate is not null && AuthorityOf(certificate, authorities, now) is not null ? certificate : null;
    }

    private static ImmutableArray<X509Certificate2> Needed(CertificateSecret start, CertificateTerms terms, DateTimeOffset now) =>
        [.. start.Authorities.Where(authority => terms.Needs(authority, start.Issuer!, now))];

    private static CertificateSecret WithNewAuthority(CertificateSecret start, CertificateTerms terms, DateTimeOffset now)
    {
        var authority = CertificateIssuer.CreateAuthority(terms.AuthorityLifetime, now);

        // The authority of the served certificate is removed last.
        var others = start.Authorities.OrderByDescending(other => start.Serving is not null && Vouches(other, start.Serving, now)).Take(CertificateTerms.MostAuthorities - 1);
        return start with { Issuer = authority, Authorities = [authority, .. CertificateSecret.NewestFirst(others)] };
    }

    /// <summary>
    /// Keeps the names of the last certificate that are not set here: during a roll-out, replicas with different settings would replace each other's
    /// certificate.
    /// </summary>
    private static CertificateSecret WithNewCertificate(CertificateSecret start, CertificateTerms terms, DateTimeOffset now)
    {
        var former = start.Serving is { } serving && !terms.AreMetBy(serving) ? NamesOf(serving) : [];
        return start with { Serving = CertificateIssuer.Issue(start.Issuer!, [.. terms.Names.Union(former)], terms.Lifetime, now) };
    }

    private static IEnumerable<string> NamesOf(X509Certificate2 certificate) =>
        certificate.Extensions.OfType<X509SubjectAlternativeNameExtension>().SelectMany(names => names.EnumerateDnsNames().Concat(names.EnumerateIPAddresses().Select(address => address.ToString())));

    private static bool IsValid(X509Certificate2 certificate, DateTimeOffset now) => CertificateTerms.BeginOf(certificate) <= now && now < CertificateTerms.EndOf(certificate);

    private static bool Vouches(X509Certificate2 authority, X509Certificate2 certificate, DateTimeOffset now)
    {
        // Building a chain takes a millisecond, and this test excludes nearly all authorities but one.
        if (!authority.SubjectName.RawData.AsSpan().SequenceEqual(certificate.IssuerName.RawData) || !IsValid(authority, now) || !IsValid(certificate, now))
            return false;

        using var chain = new X509Chain();
        chain.ChainPolicy.TrustMode = X509ChainTrustMode.CustomRootTrust;
        chain.ChainPolicy.CustomTrustStore.Add(authority);
        chain.ChainPolicy.RevocationMode = X509RevocationMode.NoCheck;
        chain.ChainPolicy.DisableCertificateDownloads = true;
        chain.ChainPolicy.VerificationTime = now.LocalDateTime;
        return chain.Build(certificate);
    }
}
