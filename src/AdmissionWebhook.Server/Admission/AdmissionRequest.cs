using AdmissionWebhook.Policy.Evaluation;
using AdmissionWebhook.Policy.Resources;

namespace AdmissionWebhook.Server.Admission;

/// <summary>What an API server asks, as far as it matters here.</summary>
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

    /// <summary>Null on DELETE, and where the request is none of ours: another kind, or a subresource.</summary>
    public KubernetesObject? Object { get; init; }

    /// <summary>Null on CREATE, and where the request is none of ours.</summary>
    public KubernetesObject? OldObject { get; init; }

    /// <summary>Whether an update says anything new in <c>spec</c>.</summary>
    public bool ChangesSpec { get; init; } = true;

    public string ApiVersion => Group.Length == 0 ? Version : $"{Group}/{Version}";

    public Subject ToSubject(AdmissionPhase phase, DateTimeOffset now) => new()
    {
        Phase = phase,
        Time = now,
        Operation = Operation switch
        {
            "CREATE" => Policy.Evaluation.Operation.Create,
            "UPDATE" => Policy.Evaluation.Operation.Update,
            "DELETE" => Policy.Evaluation.Operation.Delete,
            "CONNECT" => Policy.Evaluation.Operation.Connect,
            _ => Policy.Evaluation.Operation.None,
        },
        Object = Object,
        OldObject = OldObject,
        SubResource = SubResource,
        User = User,
        IsDryRun = IsDryRun,
        ChangesSpec = ChangesSpec,
    };
}
