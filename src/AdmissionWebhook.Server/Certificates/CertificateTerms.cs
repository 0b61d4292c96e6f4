using System.Security.Cryptography.X509Certificates;

namespace AdmissionWebhook.Server.Certificates;

/// <summary>The names and lifetimes of issued certificates and their authorities.</summary>
/// <param name="Names">DNS names and IP addresses; the first one is also in the subject.</param>
/// <param name="Lifetime">The lifetime of a serving certificate.</param>
/// <param name="AuthorityLifetime">The lifetime of an authority: at least three times as long, so it never expires before its certificates.</param>
internal sealed record CertificateTerms(ImmutableArray<string> Names, TimeSpan Lifetime, TimeSpan AuthorityLifetime)
{
    /// <summary>Clocks of machines differ, so a certificate begins so long before its issue.</summary>
    public static readonly TimeSpan Backdated = TimeSpan.FromHours(1);

    /// <summary>The maximum number of trusted authorities, however often a user deletes the Secret.</summary>
    public const int MostAuthorities = 8;

    /// <summary>When to renew a certificate: a third of its lifetime before its end, so people have time if renewal fails.</summary>
    public static DateTimeOffset RenewalOf(X509Certificate2 certificate) => BeginOf(certificate) + ((EndOf(certificate) - BeginOf(certificate)) * 2 / 3);

    public static DateTimeOffset BeginOf(X509Certificate2 certificate) => certificate.NotBefore.ToUniversalTime();

    public static DateTimeOffset EndOf(X509Certificate2 certificate) => certificate.NotAfter.ToUniversalTime();

    /// <summary>Whether a certificate is for all names.</summary>
    public bool AreMetBy(X509Certificate2 certificate) => Names.All(name => certificate.MatchesHostname(name, allowWildcards: true, allowCommonName: false));

    /// <summary>
    /// The authorities that a client must still trust. An old authority signs nothing after there is a new one, so a lifetime later all its
    /// certificates have expired, even on replicas that missed the change.
    /// </summary>
    public bool Needs(X509Certificate2 authority, X509Certificate2 newest, DateTimeOffset now) =>
        EndOf(authority) > now && (authority.Thumbprint == newest.Thumbprint || now < BeginOf(newest) + Backdated + Lifetime);
}
