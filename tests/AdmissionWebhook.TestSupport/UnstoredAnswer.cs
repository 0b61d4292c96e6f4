namespace AdmissionWebhook.TestSupport;

/// <summary>What an API server says to something that it does not store.</summary>
public sealed record UnstoredAnswer
{
    /// <summary>Warnings beside the answer, whatever that is.</summary>
    public IReadOnlyList<string> Warnings { get; init; } = [];

    /// <summary>Why it is refused; null where it is not.</summary>
    public string? Refusal { get; init; }

    /// <summary>The status of a refusal.</summary>
    public int Code { get; init; } = 500;

    /// <summary>What a review of access is told.</summary>
    public bool IsAllowed { get; init; } = true;
}
