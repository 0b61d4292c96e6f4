namespace AdmissionWebhook.Cli.Tests.Doctor;

public sealed class CertificateTests
{
    [Theory]
    [InlineData(-90, -1, "wrong     certificate: The certificate of Secret admission-webhook expired at ")]
    [InlineData(1, 90, "wrong     certificate: The certificate of Secret admission-webhook is not valid yet.")]
    [InlineData(-90, 10, "warning   certificate: The certificate of Secret admission-webhook expires at ")]
    public async Task Reports_a_certificate_that_is_expired_or_not_yet_valid(int begin, int end, string expected)
    {
        await using var patient = await Patient.AdmitAsync();
        patient.Certify(DateTimeOffset.UtcNow.AddDays(begin), DateTimeOffset.UtcNow.AddDays(end));

        Assert.StartsWith(expected, Assert.Single(patient.Complaints()), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Reports_each_entry_whose_caBundle_lacks_the_authority()
    {
        await using var patient = await Patient.AdmitAsync();
        patient.Certify(DateTimeOffset.UtcNow.AddDays(-1), DateTimeOffset.UtcNow.AddDays(90), isTrusted: false);

        Assert.Equal(
            new[] { "ingresses", "services", "plain-services", "defaults" }.Select(entry => $"wrong     certificate: The caBundle of {entry}.admissionwebhook.dev does not hold the authority of the certificate."),
            patient.Complaints());
    }

    [Fact]
    public async Task Follows_the_chain_of_the_certificate_to_the_trusted_authority()
    {
        await using var patient = await Patient.AdmitAsync();

        patient.Certify(DateTimeOffset.UtcNow.AddDays(-1), DateTimeOffset.UtcNow.AddDays(90), isChained: true);

        Assert.Empty(patient.Complaints());
    }

    [Fact]
    public async Task Reports_a_certificate_for_another_name_and_a_missing_one()
    {
        await using var patient = await Patient.AdmitAsync();
        patient.Certify(DateTimeOffset.UtcNow.AddDays(-1), DateTimeOffset.UtcNow.AddDays(90), "webhook.example.com");
        Assert.Equal(["wrong     certificate: The certificate is not for admission-webhook.admission-webhook.svc, the name that the API server calls."], patient.Complaints());

        patient.Change($"{Patient.Space}/secrets/admission-webhook", secret => secret.Remove("data"));
        Assert.Equal(["wrong     certificate: Secret admission-webhook/admission-webhook has no certificate yet."], patient.Complaints());
    }
}
