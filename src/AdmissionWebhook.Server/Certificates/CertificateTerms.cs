using System.Security.Cryptography.X509Certificates;

namespace AdmissionWebhook.Server.Certificates;

/// <summary>For which names certificates are issued, and how long they and their authorities last.</summary>
/// <param name="Names">DNS names and IP addresses; the first one stands in the subject too.</param>
/// <param name="Lifetime">Of a serving certificate.</param>
/// <param name="AuthorityLifetime">Of an authority: three times as long at least, so that none ends before what it has signed.</param>
internal sealed record CertificateTerms(ImmutableArray<string> Names, TimeSpan Lifetime, TimeSpan AuthorityLifetime)
{
    /// <summary>Clocks of machines differ. A certificate begins so long before it is issued.</summary>
    public static readonly TimeSpan Backdated = TimeSpan.FromHours(1);

    /// <summary>More authorities than these are never trusted at a time, however often somebody makes the webhook begin anew.</summary>
    public const int MostAuthorities = 8;

    /// <summary>When to renew a certificate: a third of its life before its end, which leaves people time where renewal fails.</summary>
    public static DateTimeOffset RenewalOf(X509Certificate2 certificate) => BeginOf(certificate) + ((EndOf(certificate) - BeginOf(certificate)) * 2 / 3);

    public static DateTimeOffset BeginOf(X509Certificate2 certificate) => certificate.NotBefore.ToUniversalTime();

    public static DateTimeOffset EndOf(X509Certificate2 certificate) => certificate.NotAfter.ToUniversalTime();

    /// <summary>Whether a certificate is for every one of the names.</summary>
    public bool AreMetBy(X509Certificate2 certificate) => Names.All(name => certificate.MatchesHostname(name, allowWildcards: true, allowCommonName: false));

    /// <summary>
    /// Which of the authorities a client still has to trust. Nothing is signed by an old one any more once there is a new one, so a lifetime later all that it
    /// signed has expired, on replicas too that have heard of nothing since.
    /// </summary>
    public bool Needs(X509Certificate2 authority, X509Certificate2 newest, DateTimeOffset now) =>
        EndOf(authority) > now && (authority.Thumbprint == newest.Thumbprint || now < BeginOf(newest) + Backdated + Lifetime);
}
