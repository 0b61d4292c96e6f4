namespace AdmissionWebhook.Policy.Configuration;

/// <summary>The fields that policies and exemptions share, as written, with errors.</summary>
public abstract record Document
{
    /// <summary>The API group.</summary>
    public const string Group = "policy.admissionwebhook.dev";

    /// <summary>The only version.</summary>
    public const string Version = "v1alpha1";

    /// <summary>Group and version.</summary>
    public const string SupportedApiVersion = $"{Group}/{Version}";

    /// <summary>apiVersion.</summary>
    public string? ApiVersion { get; protected init; }

    /// <summary>kind.</summary>
    public string? Kind { get; protected init; }

    /// <summary>metadata.name.</summary>
    public string? Name { get; protected init; }

    /// <summary>Errors of type, and unknown names.</summary>
    public ImmutableArray<PolicyError> Unreadable { get; protected init; } = [];
}
