using System.Net;
using FluentValidation;

namespace AdmissionWebhook.Server.Settings;

/// <summary>Finds every invalid setting and names its key.</summary>
internal sealed class ServerSettingsValidator : AbstractValidator<ServerSettings>
{
    private ServerSettingsValidator()
    {
        RuleFor(settings => settings.Webhook.Address)
            .Must(address => IPAddress.TryParse(address, out _))
            .WithMessage("must be an IP address, not \"{PropertyValue}\"");

        RuleFor(settings => settings.Webhook.Port).Must(BePort).WithMessage(NoPort);
        RuleFor(settings => settings.Operations.Port).Must(BePort).WithMessage(NoPort);
        RuleFor(settings => settings.Console.Port).Must(BePort).WithMessage(NoPort);
        RuleFor(settings => settings.Operations.Port)
            .Must((settings, port) => port == 0 || port != settings.Webhook.Port)
            .WithMessage("{PropertyValue} is already used by Webhook:Port; choose another port");

        RuleFor(settings => settings.Webhook.DrainSeconds).InclusiveBetween(0, 3600).WithMessage("must be 0 to 3600 seconds, not {PropertyValue}");
        RuleFor(settings => settings.Webhook.MaxConnections).InclusiveBetween(1, 1_000_000).WithMessage("must be 1 to 1000000, not {PropertyValue}");
        RuleFor(settings => settings.Webhook.MaxConnectionsPerAddress)
            .Must((settings, most) => most >= 1 && most <= settings.Webhook.MaxConnections)
            .WithMessage("must be 1 to Webhook:MaxConnections, not {PropertyValue}");
        RuleFor(settings => settings.Webhook.MaxStreamsPerConnection).InclusiveBetween(1, 10_000).WithMessage("must be 1 to 10000, not {PropertyValue}");
        RuleFor(settings => settings.Webhook.HandshakeTimeout).Must(BeTimeout).WithMessage(NoTimeout);
        RuleFor(settings => settings.Webhook.FirstRequestTimeout).Must(BeTimeout).WithMessage(NoTimeout);
        RuleFor(settings => settings.Webhook.BodyTimeout).Must(BeTimeout).WithMessage(NoTimeout);
        RuleFor(settings => settings.Operations.MaxConnections).InclusiveBetween(2, 100_000).WithMessage("must be 2 to 100000, not {PropertyValue}");
        RuleFor(settings => settings.Webhook.MaxReviewsPerAddress)
            .Must((settings, most) => most >= 1 && most <= settings.Webhook.MaxReviews)
            .WithMessage("must be 1 to Webhook:MaxReviews, not {PropertyValue}");
        RuleFor(settings => settings.Webhook.MaxReviews).InclusiveBetween(1, 1_000_000).WithMessage("must be 1 to 1000000, not {PropertyValue}");
        RuleFor(settings => settings.Webhook.MaxReviewBytes).InclusiveBetween(64 * 1024, 64 * 1024 * 1024).WithMessage("must be 65536 to 67108864, not {PropertyValue}");
        RuleFor(settings => settings.Webhook.ClientCertificateAuthority).Must(File.Exists).WithMessage(NotThere).When(settings => settings.Webhook.ClientCertificateAuthority is not null);
        RuleFor(settings => settings.Webhook.ClientCertificateAuthority)
            .NotNull()
            .WithMessage("is required with Webhook:ClientNames")
            .When(settings => !settings.Webhook.ClientNames.IsEmpty);

        RuleFor(settings => settings.Webhook.CallerTokens.Jwks).Must(File.Exists).WithMessage(NotThere).When(settings => settings.Webhook.CallerTokens.Jwks is not null);
        When(settings => settings.Webhook.CallerTokens.Jwks is not null, () =>
        {
            RuleFor(settings => settings.Webhook.CallerTokens.Issuer).NotEmpty().WithMessage("is required with Webhook:CallerTokens:Jwks; kubectl get --raw /.well-known/openid-configuration shows it");
            RuleFor(settings => settings.Webhook.CallerTokens.Audiences).NotEmpty().OverridePropertyName("Webhook.CallerTokens.Audience")
                .WithMessage("is required with Webhook:CallerTokens:Jwks, such as https://admission-webhook.admission-webhook.svc:443/validate");
        }).Otherwise(() => RuleFor(settings => settings.Webhook.CallerTokens)
            .Must(tokens => tokens.Issuer is null && tokens.Audiences.IsEmpty && tokens.Subjects.IsEmpty)
            .OverridePropertyName("Webhook.CallerTokens.Jwks").WithMessage("is required with the other settings of Webhook:CallerTokens"));

        RuleFor(settings => settings.Policy.Source)
            .NotEqual(PolicySource.Cluster)
            .WithMessage("must not be {PropertyValue} where Cluster:Source is Manifests; use Files")
            .When(settings => settings.Cluster.Source == ClusterSource.Manifests);
        RuleFor(settings => settings.Cluster.Namespace)
            .Matches(@"^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?\z")
            .WithMessage("\"{PropertyValue}\" is not a valid name of a namespace")
            .When(settings => settings.Cluster.Namespace is not null);
        RuleForEach(settings => settings.Cluster.Manifests).Must(Path.Exists).WithMessage(NotThere).When(settings => settings.Cluster.Source == ClusterSource.Manifests);
        RuleForEach(settings => settings.Policy.Files).Must(Path.Exists).WithMessage(NotThere).When(settings => settings.Policy.Source == PolicySource.Files);

        Include(new CertificateSettingsValidator());

        RuleFor(settings => settings.Audit.File).Must(BeWritable!).WithMessage("\"{PropertyValue}\" is not writable").When(settings => settings.Audit.File is not null);
    }

    private const string NoTimeout = "must be 1s to 30s, not {PropertyValue}";
    private const string NoPort = "must be 0 to 65535, not {PropertyValue}";
    internal const string NotThere = "\"{PropertyValue}\" does not exist";

    /// <summary>The errors, one line each: <c>Webhook:Port: must be 0 to 65535, not 70000.</c></summary>
    public static IEnumerable<string> Check(ServerSettings settings) =>
        from failure in new ServerSettingsValidator().Validate(settings).Errors
        select $"{KeyOf(failure.PropertyName)}: {failure.ErrorMessage}.";

    private static string KeyOf(string property) => property.Replace('.', ':').Replace('[', ':').TrimEnd(']');

    private static bool BeTimeout(TimeSpan timeout) => timeout >= TimeSpan.FromSeconds(1) && timeout <= TimeSpan.FromSeconds(30);

    private static bool BePort(int number) => number is >= IPEndPoint.MinPort and <= IPEndPoint.MaxPort;

    private static bool BeWritable(string file)
    {
        try
        {
            using var stream = new FileStream(file, FileMode.Append, FileAccess.Write, FileShare.ReadWrite);
            return true;
        }
        catch (Exception refused) when (refused is IOException or UnauthorizedAccessException)
        {
            return false;
        }
    }
}
