namespace AdmissionWebhook.Server.Admission;

/// <summary>The fields of a request that matter here; without the objects, because waiting decision records keep it in memory.</summary>
internal sealed record AdmissionRequest
{
    public required string Uid { get; init; }

    public string Group { get; init; } = "";

    public string Version { get; init; } = "";

    public string Kind { get; init; } = "";

    public string? Namespace { get; init; }

    /// <summary>Empty if the API server generates it later.</summary>
    public string Name { get; init; } = "";

    /// <summary>CREATE, UPDATE, DELETE or CONNECT, as the API server writes it.</summary>
    public string Operation { get; init; } = "";

    /// <summary>The subresource; null for the object itself.</summary>
    public string? SubResource { get; init; }

    public UserInfo User { get; init; } = UserInfo.Anonymous;

    public bool IsDryRun { get; init; }

    /// <summary>The bytes of all its texts except those of the user.</summary>
    public int Characters =>
        Uid.Length + Group.Length + Version.Length + Kind.Length + (Namespace?.Length ?? 0) + Name.Length + Operation.Length
        + (SubResource?.Length ?? 0);

    public string ApiVersion => Group.Length == 0 ? Version : $"{Group}/{Version}";
}
