using System.Net;
using FluentValidation;

namespace AdmissionWebhook.Server.Settings;

/// <summary>Finds everything that would keep the server from running as it was told, each with its key.</summary>
internal sealed class ServerSettingsValidator : AbstractValidator<ServerSettings>
{
    private ServerSettingsValidator()
    {
        RuleFor(settings => settings.Webhook.Address)
            .Must(address => IPAddress.TryParse(address, out _))
            .WithMessage("\"{PropertyValue}\" is no IP address");

        RuleFor(settings => settings.Webhook.Port).Must(BePort).WithMessage(NoPort);
        RuleFor(settings => settings.Operations.Port).Must(BePort).WithMessage(NoPort);
        RuleFor(settings => settings.Console.Port).Must(BePort).WithMessage(NoPort);
        RuleFor(settings => settings.Operations.Port)
            .Must((settings, port) => port == 0 || port != settings.Webhook.Port)
            .WithMessage("{PropertyValue} is the port of the webhook already");

        RuleFor(settings => settings.Webhook.DrainSeconds).InclusiveBetween(0, 3600).WithMessage("{PropertyValue} is no time to drain: expected 0 to 3600 seconds");
        RuleFor(settings => settings.Webhook.MaxConnections).InclusiveBetween(1, 1_000_000).WithMessage("{PropertyValue} is no limit: expected 1 to 1000000");
        RuleFor(settings => settings.Webhook.MaxReviews).InclusiveBetween(1, 1_000_000).WithMessage("{PropertyValue} is no limit: expected 1 to 1000000");
        RuleFor(settings => settings.Webhook.MaxReviewBytes).InclusiveBetween(64 * 1024, 64 * 1024 * 1024).WithMessage("{PropertyValue} is no limit: expected 65536 to 67108864");
        RuleFor(settings => settings.Webhook.ClientCertificateAuthority).Must(File.Exists).WithMessage(NotThere).When(settings => settings.Webhook.ClientCertificateAuthority is not null);
        RuleFor(settings => settings.Webhook.ClientCertificateAuthority)
            .NotNull()
            .WithMessage("is needed too: without it Webhook:ClientNames says nothing")
            .When(settings => !settings.Webhook.ClientNames.IsEmpty);

        RuleFor(settings => settings.Policy.Source)
            .NotEqual(PolicySource.Cluster)
            .WithMessage("{PropertyValue} needs an API server, and Cluster:Source is Manifests; use Files")
            .When(settings => settings.Cluster.Source == ClusterSource.Manifests);
        RuleFor(settings => settings.Cluster.Namespace)
            .Matches(@"^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?\z")
            .WithMessage("\"{PropertyValue}\" cannot be the name of a namespace")
            .When(settings => settings.Cluster.Namespace is not null);
        RuleForEach(settings => settings.Cluster.Manifests).Must(Path.Exists).WithMessage(NotThere).When(settings => settings.Cluster.Source == ClusterSource.Manifests);
        RuleForEach(settings => settings.Policy.Files).Must(Path.Exists).WithMessage(NotThere).When(settings => settings.Policy.Source == PolicySource.Files);

        Include(new CertificateSettingsValidator());

        RuleFor(settings => settings.Audit.File).Must(BeWritable!).WithMessage("\"{PropertyValue}\" cannot be written").When(settings => settings.Audit.File is not null);
    }

    private const string NoPort = "{PropertyValue} is no port: expected 0 to 65535";
    internal const string NotThere = "there is nothing at \"{PropertyValue}\"";

    /// <summary>The mistakes, a line each: <c>Webhook:Port: 70000 is no port: expected 0 to 65535.</c></summary>
    public static IEnumerable<string> Check(ServerSettings settings) =>
        from failure in new ServerSettingsValidator().Validate(settings).Errors
        select $"{KeyOf(failure.PropertyName)}: {failure.ErrorMessage}.";

    private static string KeyOf(string property) => property.Replace('.', ':').Replace('[', ':').TrimEnd(']');

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
