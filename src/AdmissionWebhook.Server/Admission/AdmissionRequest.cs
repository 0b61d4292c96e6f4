using AdmissionWebhook.Policy.Evaluation;
using AdmissionWebhook.Policy.Kinds;

namespace AdmissionWebhook.Server.Admission;

/// <summary>What an API server asks, as far as it matters here; without the objects, since decision records keep it while they queue up.</summary>
internal sealed record AdmissionRequest
{
    public required string Uid { get; init; }

    public string Group { get; init; } = "";

    public string Version { get; init; } = "";

    public string Kind { get; init; } = "";

    public string? Namespace { get; init; }

    /// <summary>Empty where the API server has still to generate it.</summary>
    public string Name { get; init; } = "";

    /// <summary>As the API server writes it.</summary>
    public string Operation { get; init; } = "";

    /// <summary>Null where the object itself is written.</summary>
    public string? SubResource { get; init; }

    public UserInfo User { get; init; } = UserInfo.Anonymous;

    public bool IsDryRun { get; init; }

    /// <summary>Of all its texts but those of the user.</summary>
    public int Characters =>
        Uid.Length + Group.Length + Version.Length + Kind.Length + (Namespace?.Length ?? 0) + Name.Length + Operation.Length
        + (SubResource?.Length ?? 0);

    public string ApiVersion => Group.Length == 0 ? Version : $"{Group}/{Version}";
}
