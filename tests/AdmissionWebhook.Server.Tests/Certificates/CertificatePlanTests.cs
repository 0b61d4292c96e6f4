using System.Security.Cryptography.X509Certificates;
using System.Text;
using AdmissionWebhook.Server.Certificates;

namespace AdmissionWebhook.Server.Tests.Certificates;

public sealed class CertificatePlanTests
{
    private const string Name = "admission-webhook.admission-webhook.svc";

    private static readonly DateTimeOffset Begin = new(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);
    private static readonly CertificateTerms Terms = new([Name], TimeSpan.FromDays(90), TimeSpan.FromDays(365));

    private static readonly CertificateSecret First = Stored(CertificatePlan.Take(CertificateStep.StartOver, CertificateSecret.None, Terms, Begin));

    [Fact]
    public void Creates_an_authority_and_a_certificate_when_nothing_exists()
    {
        var (step, start) = Next(CertificateSecret.None, Begin);
        var made = CertificatePlan.Take(step, start, Terms, Begin);

        Assert.Equal(CertificateStep.StartOver, step);
        Assert.Equal(Assert.Single(made.Authorities).Thumbprint, made.Issuer!.Thumbprint);
        Assert.Equal((Begin.AddHours(-1), Begin.AddDays(90)), (CertificateTerms.BeginOf(made.Serving!), CertificateTerms.EndOf(made.Serving!)));
        Assert.Equal((Begin.AddHours(-1), Begin.AddDays(365)), (CertificateTerms.BeginOf(made.Issuer), CertificateTerms.EndOf(made.Issuer)));
        Assert.True(Terms.AreMetBy(made.Serving!));
        Assert.All([made.Serving!, made.Issuer], made => Assert.Equal("1.2.840.10045.3.1.7", made.GetECDsaPublicKey()!.ExportParameters(false).Curve.Oid.Value));
        Assert.NotNull(CertificatePlan.AuthorityOf(made.Serving!, made.Authorities, Begin));
        Assert.Equal(CertificateStep.None, Next(Stored(made), Begin).Step);
    }

    [Fact]
    public void Reads_back_the_Secret_that_it_wrote_and_keeps_foreign_fields()
    {
        var secret = JsonNode.Parse(First.Write("hooks", "certificate"))!;
        secret["metadata"]!["annotations"] = new JsonObject { ["team"] = "platform" };
        secret["data"]!["notes"] = "aGVsbG8=";

        var again = JsonNode.Parse(CertificateSecret.Read(Encoding.UTF8.GetBytes(secret.ToJsonString())).Write("hooks", "certificate"))!;

        Assert.True(JsonNode.DeepEquals(secret, again), $"{secret}\n{again}");
    }

    [Theory]
    [InlineData(59, CertificateStep.None)]
    [InlineData(61, CertificateStep.IssueCertificate)]
    internal void A_certificate_is_renewed_at_two_thirds_of_its_life(int days, CertificateStep expected)
    {
        var (step, start) = Next(First, Begin.AddDays(days));

        Assert.Equal(expected, step);
        var renewed = CertificatePlan.Take(step, start, Terms, Begin.AddDays(days));
        Assert.Equal(First.Authorities.Select(authority => authority.Thumbprint), renewed.Authorities.Select(authority => authority.Thumbprint));
        Assert.Equal(step != CertificateStep.None, renewed.Serving!.Thumbprint != First.Serving!.Thumbprint);
    }

    [Fact]
    public void A_new_authority_signs_once_all_trust_it_and_the_old_one_stays_until_its_certificates_expire()
    {
        var now = Begin.AddDays(200);
        var before = Stored(CertificatePlan.Take(CertificateStep.IssueCertificate, Next(First, now).Start, Terms, now));
        Assert.Equal(CertificateStep.None, Next(before, Begin.AddDays(243)).Step);

        now = Begin.AddDays(244);
        var (step, start) = Next(before, now);
        var rotating = Stored(CertificatePlan.Take(step, start, Terms, now));
        Assert.Equal(CertificateStep.AddAuthority, step);
        Assert.Equal([2, 1], new[] { rotating.Authorities.Length, rotating.Authorities.Count(authority => authority.Thumbprint == First.Issuer!.Thumbprint) });
        Assert.Equal(before.Serving!.Thumbprint, rotating.Serving!.Thumbprint);
        Assert.NotEqual(before.Issuer!.Thumbprint, rotating.Issuer!.Thumbprint);

        Assert.Equal(CertificateStep.AwaitTrust, Next(rotating, now).Step);
        Assert.Equal(CertificateStep.IssueCertificate, Next(rotating, now, isTrusted: true).Step);
        var rotated = Stored(CertificatePlan.Take(CertificateStep.IssueCertificate, Next(rotating, now).Start, Terms, now));
        Assert.Equal(rotating.Issuer.Thumbprint, CertificatePlan.AuthorityOf(rotated.Serving!, rotated.Authorities, now)!.Thumbprint);

        Assert.Equal(CertificateStep.None, Next(rotated, CertificateTerms.EndOf(before.Serving)).Step);
        Assert.Equal(2, rotated.Authorities.Length);
        rotated = Stored(CertificatePlan.Take(CertificateStep.IssueCertificate, Next(rotated, now.AddDays(61)).Start, Terms, now.AddDays(61)));
        (step, start) = Next(rotated, now.AddDays(90));
        Assert.Equal(CertificateStep.DropAuthorities, step);
        Assert.Equal([rotating.Issuer.Thumbprint], CertificatePlan.Take(step, start, Terms, now.AddDays(90)).Authorities.Select(authority => authority.Thumbprint));
    }

    [Theory]
    [InlineData(91, CertificateStep.IssueCertificate, 1)]
    [InlineData(300, CertificateStep.IssueCertificate, 1)]
    [InlineData(366, CertificateStep.StartOver, 1)]
    internal void What_expired_while_nobody_was_there_is_replaced_at_once(int days, CertificateStep expected, int authorities)
    {
        var now = Begin.AddDays(days);
        var (step, start) = Next(First, now);

        var mended = CertificatePlan.Take(step, start, Terms, now);

        Assert.Equal((expected, authorities), (step, mended.Authorities.Length));
        Assert.NotNull(CertificatePlan.AuthorityOf(mended.Serving!, mended.Authorities, now));
    }

    [Fact]
    public void Rejects_a_certificate_whose_authority_expired()
    {
        var authority = CertificateIssuer.CreateAuthority(TimeSpan.FromDays(10), Begin);
        using var other = CertificateIssuer.CreateAuthority(TimeSpan.FromDays(365), Begin);
        var secret = First with { Authorities = [authority], Issuer = authority, Serving = CertificateIssuer.Issue(other, Terms.Names, Terms.Lifetime, Begin) };

        Assert.Equal(CertificateStep.IssueCertificate, Next(secret, Begin.AddDays(1)).Step);
        Assert.Equal(CertificateStep.StartOver, Next(secret, Begin.AddDays(11)).Step);
    }

    [Fact]
    public void Writes_a_deleted_Secret_again_with_a_new_key_while_the_served_certificate_stays_valid()
    {
        var now = Begin.AddDays(1);
        var (step, start) = Next(CertificateSecret.None, now, served: First);

        var anew = Stored(CertificatePlan.Take(step, start, Terms, now));

        Assert.Equal(CertificateStep.AddAuthority, step);
        Assert.Equal(First.Serving!.Thumbprint, anew.Serving!.Thumbprint);
        Assert.Equal([anew.Issuer!.Thumbprint, First.Issuer!.Thumbprint], anew.Authorities.Select(authority => authority.Thumbprint));
        Assert.Equal(CertificateStep.AwaitTrust, Next(anew, now).Step);
    }

    [Fact]
    public void Keeps_all_trusted_authorities_when_the_deleted_Secret_is_unknown()
    {
        using var foreign = CertificateIssuer.CreateAuthority(TimeSpan.FromDays(30), Begin);
        using var expired = CertificateIssuer.CreateAuthority(TimeSpan.FromHours(1), Begin);
        var now = Begin.AddDays(1);
        var (step, start) = CertificatePlan.Next(new(CertificateSecret.None, CertificateSecret.None, [foreign, expired], false), Terms, now);

        var anew = Stored(CertificatePlan.Take(step, start, Terms, now));

        Assert.Equal(CertificateStep.StartOver, step);
        Assert.Equal([anew.Issuer!.Thumbprint, foreign.Thumbprint], anew.Authorities.Select(authority => authority.Thumbprint));
        Assert.Equal(CertificateStep.None, Next(anew, now).Step);
    }

    [Theory]
    [InlineData("ca.crt", null, CertificateStep.StartOver, CertificateStep.AddAuthority)]
    [InlineData("ca.crt", "nonsense", CertificateStep.StartOver, CertificateStep.AddAuthority)]
    [InlineData("ca.key", null, CertificateStep.AddAuthority, CertificateStep.AddAuthority)]
    [InlineData("ca.key", "nonsense", CertificateStep.AddAuthority, CertificateStep.AddAuthority)]
    [InlineData("tls.crt", null, CertificateStep.IssueCertificate, CertificateStep.IssueCertificate)]
    [InlineData("tls.crt", "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n", CertificateStep.IssueCertificate, CertificateStep.IssueCertificate)]
    [InlineData("tls.key", null, CertificateStep.IssueCertificate, CertificateStep.IssueCertificate)]
    [InlineData("tls.key", "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n", CertificateStep.IssueCertificate, CertificateStep.IssueCertificate)]
    internal void A_Secret_of_which_a_part_is_missing_or_broken_is_mended_with_as_little_change_as_can_be(string key, string? value, CertificateStep afresh, CertificateStep served)
    {
        var secret = JsonNode.Parse(First.Write("hooks", "certificate"))!;
        if (value is null)
            secret["data"]!.AsObject().Remove(key);
        else
            secret["data"]![key] = Convert.ToBase64String(Encoding.UTF8.GetBytes(value));
        var broken = CertificateSecret.Read(Encoding.UTF8.GetBytes(secret.ToJsonString()));

        Assert.Equal((afresh, served), (Next(broken, Begin).Step, Next(broken, Begin, First).Step));

        foreach (var known in new[] { CertificateSecret.None, First })
        {
            var (step, start) = Next(broken, Begin, known);
            var mended = Stored(CertificatePlan.Take(step, start, Terms, Begin));
            Assert.Equal(value is not null, broken.Mistakes.Any(mistake => mistake.StartsWith(key, StringComparison.Ordinal)));
            Assert.NotNull(CertificatePlan.AuthorityOf(mended.Serving!, mended.Authorities, Begin));
            Assert.Empty(mended.Mistakes);
            Assert.Contains(Next(mended, Begin, known).Step, new[] { CertificateStep.None, CertificateStep.AwaitTrust });
        }
    }

    [Theory]
    [InlineData("""{"metadata": {}}""")]
    [InlineData("""{"metadata": {}, "data": null}""")]
    [InlineData("""{"metadata": {}, "data": {"ca.crt": "%", "ca.key": 7, "tls.crt": {}, "tls.key": "AA=="}}""")]
    public void Fills_a_Secret_without_valid_data(string json)
    {
        var (step, start) = Next(CertificateSecret.Read(Encoding.UTF8.GetBytes(json)), Begin);

        Assert.Equal(CertificateStep.StartOver, step);
        Assert.NotNull(Stored(CertificatePlan.Take(step, start, Terms, Begin)).Serving);
    }

    [Fact]
    public void Replicas_with_different_names_agree_on_a_certificate_for_both()
    {
        var others = Terms with { Names = ["hooks.security.svc", "10.0.0.7"] };
        Assert.Equal(CertificateStep.IssueCertificate, CertificatePlan.Next(new(First, First, [], true), others, Begin).Step);

        var both = Stored(CertificatePlan.Take(CertificateStep.IssueCertificate, First, others, Begin));

        Assert.Equal(CertificateStep.None, CertificatePlan.Next(new(both, both, [], true), others, Begin).Step);
        Assert.Equal(CertificateStep.None, Next(both, Begin).Step);
        var renewed = CertificatePlan.Take(CertificateStep.IssueCertificate, both, others, Begin.AddDays(61));
        Assert.False(Terms.AreMetBy(renewed.Serving!), "A name that nobody asks for goes with the next renewal.");
    }

    [Theory]
    [InlineData(-55)]
    [InlineData(55)]
    public void Replicas_whose_clocks_differ_by_minutes_agree_on_valid_certificates(int minutes) =>
        Assert.Equal(CertificateStep.None, Next(First, Begin.AddMinutes(minutes)).Step);

    [Fact]
    public void Keeps_the_authority_of_the_served_certificate_however_often_the_Secret_is_deleted()
    {
        var (secret, now) = (First, Begin);
        for (var i = 0; i < 20; i++)
        {
            now = now.AddMinutes(1);
            secret = Stored(CertificatePlan.Take(CertificateStep.AddAuthority, Next(CertificateSecret.None, now, secret).Start, Terms, now));
        }

        Assert.Equal(CertificateTerms.MostAuthorities, secret.Authorities.Length);
        Assert.Equal(First.Issuer!.Thumbprint, CertificatePlan.AuthorityOf(First.Serving!, secret.Authorities, now)!.Thumbprint);
    }

    /// <summary>Three replicas with clocks of their own look once a day, one of them hears of nothing for weeks, and the API server trusts what was told last.</summary>
    [Fact]
    public void API_servers_trust_every_served_certificate_over_two_years()
    {
        var skews = new[] { -40, 0, 40 }.Select(minutes => TimeSpan.FromMinutes(minutes)).ToArray();
        var served = new[] { First, First, First };
        var (stored, steps, trustedSince) = (First, new List<CertificateStep>(), new Dictionary<string, DateTimeOffset>());
        var mostTrusted = 0;
        for (var now = Begin; now < Begin.AddDays(2 * 365); now = now.AddDays(1))
        {
            var bundle = stored.Authorities;
            foreach (var authority in bundle)
                trustedSince.TryAdd(authority.Thumbprint, now);
            foreach (var replica in Enumerable.Range(0, 3))
            {
                Assert.True(CertificatePlan.AuthorityOf(served[replica].Serving!, bundle, now) is not null, $"Replica {replica} serves what nobody trusts on {now}.");

                // One of them hears of nothing for two weeks in each eight, less than what renewal leaves.
                if (replica == 2 && (now - Begin).TotalDays % 56 > 42)
                    continue;
                var isTrusted = now - trustedSince.GetValueOrDefault(stored.Issuer!.Thumbprint, now) >= TimeSpan.FromDays(1);
                var (step, start) = CertificatePlan.Next(new(stored, served[replica], bundle, isTrusted), Terms, now + skews[replica]);
                stored = Stored(CertificatePlan.Take(step, start, Terms, now + skews[replica]));
                served[replica] = stored;
                if (step != CertificateStep.None)
                    steps.Add(step);
            }

            mostTrusted = Math.Max(mostTrusted, stored.Authorities.Length);
        }

        Assert.Equal(2, mostTrusted);
        Assert.DoesNotContain(CertificateStep.StartOver, steps);
        Assert.InRange(steps.Count(step => step == CertificateStep.AddAuthority), 2, 2);
        Assert.InRange(steps.Count(step => step == CertificateStep.DropAuthorities), 2, 2);
        Assert.InRange(steps.Count(step => step == CertificateStep.IssueCertificate), 12, 16);
    }

    private static (CertificateStep Step, CertificateSecret Start) Next(CertificateSecret stored, DateTimeOffset now, CertificateSecret? served = null, bool isTrusted = false) =>
        CertificatePlan.Next(new(stored, served ?? CertificateSecret.None, [], isTrusted), Terms, now);

    /// <summary>As it comes back from the API server.</summary>
    private static CertificateSecret Stored(CertificateSecret secret) => secret.Serving is null ? secret : CertificateSecret.Read(secret.Write("admission-webhook", "admission-webhook"));
}
