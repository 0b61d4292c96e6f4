namespace AdmissionWebhook.Server.Settings;

/// <summary>Where the certificate comes from.</summary>
internal sealed record CertificateSettings(CertificateSource Source, string? CertificateFile, string? KeyFile)
{
    public const string DefaultName = "admission-webhook";

    public ImmutableArray<string> Files => [CertificateFile!, KeyFile!];

    /// <summary>The Service that the API server calls; null if it is not set.</summary>
    public string? ServiceName { get; init; }

    /// <summary>More DNS names and IP addresses, for webhooks that are registered by URL.</summary>
    public ImmutableArray<string> Names { get; init; } = [];

    public string SecretName { get; init; } = DefaultName;

    /// <summary>The name of the ValidatingWebhookConfiguration and of the MutatingWebhookConfiguration.</summary>
    public string WebhookConfiguration { get; init; } = DefaultName;

    public TimeSpan Lifetime { get; init; }

    public TimeSpan AuthorityLifetime { get; init; }

    /// <summary>How long the server waits until every API server trusts a new authority, before it serves a certificate of it.</summary>
    public TimeSpan TrustDelay { get; init; }

    /// <summary>The names of an issued certificate. API servers call the first one.</summary>
    public ImmutableArray<string> IssuedNames(string @namespace) => [$"{ServiceName ?? DefaultName}.{@namespace}.svc", .. Names];

    /// <summary>The names that a certificate in files must have. Without a setting the server does not know the name of its Service.</summary>
    public ImmutableArray<string> NeededNames(string @namespace) => ServiceName is null ? Names : IssuedNames(@namespace);
}

internal enum CertificateSource
{
    Auto,
    Files,
    SelfManaged,
    Ephemeral,
}
