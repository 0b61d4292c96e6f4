namespace AdmissionWebhook.Policy.Configuration;

/// <summary>What every document of ours begins with, as somebody wrote it, mistakes included.</summary>
public abstract record Document
{
    /// <summary>The API group.</summary>
    public const string Group = "policy.admissionwebhook.dev";

    /// <summary>The only version of it there is.</summary>
    public const string Version = "v1alpha1";

    /// <summary>Group and version.</summary>
    public const string SupportedApiVersion = $"{Group}/{Version}";

    /// <summary>apiVersion.</summary>
    public string? ApiVersion { get; protected init; }

    /// <summary>kind.</summary>
    public string? Kind { get; protected init; }

    /// <summary>metadata.name.</summary>
    public string? Name { get; protected init; }

    /// <summary>What has the wrong shape or an unknown name.</summary>
    public ImmutableArray<PolicyError> Unreadable { get; protected init; } = [];
}
