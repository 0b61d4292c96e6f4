namespace AdmissionWebhook.Server.Settings;

/// <summary>Where the certificate comes from.</summary>
internal sealed record CertificateSettings(CertificateSource Source, string? CertificateFile, string? KeyFile)
{
    public const string DefaultName = "admission-webhook";

    public ImmutableArray<string> Files => [CertificateFile!, KeyFile!];

    /// <summary>The Service through which the API server calls; null where nobody said.</summary>
    public string? ServiceName { get; init; }

    /// <summary>Further DNS names and IP addresses, for webhooks that are registered by URL.</summary>
    public ImmutableArray<string> Names { get; init; } = [];

    public string SecretName { get; init; } = DefaultName;

    /// <summary>The name of the ValidatingWebhookConfiguration and of the MutatingWebhookConfiguration.</summary>
    public string WebhookConfiguration { get; init; } = DefaultName;

    public TimeSpan Lifetime { get; init; }

    public TimeSpan AuthorityLifetime { get; init; }

    /// <summary>How long every API server has to learn of a new authority before anything signed by it is served.</summary>
    public TimeSpan TrustDelay { get; init; }

    /// <summary>The names that an issued certificate has. API servers ask for the first one.</summary>
    public ImmutableArray<string> IssuedNames(string space) => [$"{ServiceName ?? DefaultName}.{space}.svc", .. Names];

    /// <summary>The names that a certificate in files must have. Nobody can tell by what name it is called where nobody said.</summary>
    public ImmutableArray<string> NeededNames(string space) => ServiceName is null ? Names : IssuedNames(space);
}

internal enum CertificateSource
{
    Auto,
    Files,
    SelfManaged,
    Ephemeral,
}
