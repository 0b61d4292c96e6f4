using System.Net;
using FluentValidation;

namespace AdmissionWebhook.Server.Settings;

/// <summary>Validates the settings of the certificate.</summary>
internal sealed class CertificateSettingsValidator : AbstractValidator<ServerSettings>
{
    private const string DnsLabel = "[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?";
    private const string NoName = "\"{PropertyValue}\" is not a valid name of a ";

    public CertificateSettingsValidator()
    {
        RuleFor(settings => settings.Certificate.Source)
            .NotEqual(CertificateSource.SelfManaged)
            .WithMessage("must not be {PropertyValue} where Cluster:Source is Manifests; use Files or Ephemeral")
            .When(settings => settings.Cluster.Source == ClusterSource.Manifests);

        // In a cluster the files can appear later; elsewhere a missing file is a typing error.
        When(settings => settings.Certificate.Source == CertificateSource.Files, () =>
        {
            RuleFor(settings => settings.Certificate.CertificateFile).Cascade(CascadeMode.Stop).NotEmpty().WithMessage("is required where Certificate:Source is Files").Must(BeThere!).WithMessage(ServerSettingsValidator.NotThere);
            RuleFor(settings => settings.Certificate.KeyFile).Cascade(CascadeMode.Stop).NotEmpty().WithMessage("is required where Certificate:Source is Files").Must(BeThere!).WithMessage(ServerSettingsValidator.NotThere);
        });

        RuleFor(settings => settings.Certificate.ServiceName).Matches($@"^{DnsLabel}\z").WithMessage(NoName + "Service").When(settings => settings.Certificate.ServiceName is not null);
        RuleFor(settings => settings.Certificate.SecretName).Must(BeDnsName).WithMessage(NoName + "Secret");
        RuleFor(settings => settings.Certificate.WebhookConfiguration).Must(BeDnsName).WithMessage(NoName + "webhook configuration");
        RuleForEach(settings => settings.Certificate.Names).Must(name => IPAddress.TryParse(name, out _) || BeDnsName(name)).WithMessage("must be a DNS name or an IP address, not \"{PropertyValue}\"");

        RuleFor(settings => settings.Certificate.Lifetime)
            .InclusiveBetween(TimeSpan.FromHours(1), TimeSpan.FromDays(825))
            .WithMessage("must be 1h to 825d");
        RuleFor(settings => settings.Certificate.AuthorityLifetime)
            .Must((settings, lifetime) => lifetime >= 3 * settings.Certificate.Lifetime && lifetime <= TimeSpan.FromDays(3650))
            .WithMessage("must be at most 3650d and at least three times Certificate:Lifetime; an authority must not expire before its certificates");
        RuleFor(settings => settings.Certificate.TrustDelay)
            .InclusiveBetween(TimeSpan.FromSeconds(1), TimeSpan.FromMinutes(10))
            .WithMessage("must be 1s to 10m");
    }

    private static bool BeThere(ServerSettings settings, string file) => settings.InCluster || File.Exists(file);

    private static bool BeDnsName(string name) => name.Length <= 253 && name.Split('.').All(label => System.Text.RegularExpressions.Regex.IsMatch(label, $@"^{DnsLabel}\z"));
}
