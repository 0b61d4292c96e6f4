using AdmissionWebhook.Policy.Kinds;

namespace AdmissionWebhook.Policy.Evaluation;

/// <summary>The operation of an admission request, as Kubernetes names it.</summary>
[Flags]
public enum Operation
{
    /// <summary>None.</summary>
    None = 0,

    /// <summary>A new object.</summary>
    Create = 1,

    /// <summary>A changed object.</summary>
    Update = 2,

    /// <summary>A deletion; there is only an old object.</summary>
    Delete = 4,

    /// <summary>A connection to a proxy subresource; never validated.</summary>
    Connect = 8,
}

/// <summary>The two phases of admission: mutation sets defaults, then validation checks the result.</summary>
public enum AdmissionPhase
{
    /// <summary>Mutation rules run.</summary>
    Mutating,

    /// <summary>Validation rules run.</summary>
    Validating,
}

/// <summary>The user of a request.</summary>
/// <param name="Name">The user's name; <c>system:serviceaccount:…</c> for a service account.</param>
/// <param name="Groups">The user's groups.</param>
public sealed record UserInfo(string Name, ImmutableArray<string> Groups)
{
    /// <summary>An unknown user.</summary>
    public static UserInfo Anonymous { get; } = new("", []);

    /// <summary>
    /// Whether it is a controller of Kubernetes that deletes the objects of a deleted namespace or owner. Distributions run them with
    /// separate service accounts, or all of them as one user.
    /// </summary>
    public bool IsCleaner => Name
        is "system:serviceaccount:kube-system:namespace-controller"
        or "system:serviceaccount:kube-system:generic-garbage-collector"
        or "system:kube-controller-manager";
}

/// <summary>The request to decide. Webhook and command line both create it.</summary>
public sealed record Subject
{
    /// <summary>The phase of admission.</summary>
    public AdmissionPhase Phase { get; init; } = AdmissionPhase.Validating;

    /// <summary>The requested operation.</summary>
    public required Operation Operation { get; init; }

    /// <summary>The object as it would be stored; null on DELETE.</summary>
    public KubernetesObject? Object { get; init; }

    /// <summary>The object as it is stored; null on CREATE.</summary>
    public KubernetesObject? OldObject { get; init; }

    /// <summary>The subresource that the request writes, <c>status</c>; null for the object itself.</summary>
    public string? SubResource { get; init; }

    /// <summary>The new object as its author wrote it, JSON in UTF-8; empty if an API server has validated it.</summary>
    public ReadOnlyMemory<byte> Written { get; init; }

    /// <summary>The user of a request.</summary>
    public UserInfo User { get; init; } = UserInfo.Anonymous;

    /// <summary>Whether the API server will store nothing.</summary>
    public bool IsDryRun { get; init; }

    /// <summary>The time of the request, which decides whether an exemption is still valid. If it is unknown, every exemption has expired.</summary>
    public DateTimeOffset Time { get; init; } = DateTimeOffset.MaxValue;

    /// <summary>Whether it is an audit of a stored object. An audit reports existing violations in full.</summary>
    public bool IsAudit { get; init; }

    /// <summary>Whether an update changes <c>spec</c>.</summary>
    public bool ChangesSpec { get; init; } = true;

    /// <summary>Whether it is an update, which is denied only for what it makes worse.</summary>
    public bool IsJudgedByChange => Operation == Operation.Update && !IsAudit && Object is not null && OldObject is not null;

    /// <summary>
    /// Whether the request concerns traffic: anything except an update of labels, finalizers, owner references or status. The annotation
    /// last-applied-configuration of kubectl does not count, because it changes with every label.
    /// </summary>
    public bool ConcernsTraffic =>
        !IsJudgedByChange || ChangesSpec || SubResource is not null || !Object!.Metadata.Annotations.IsSameAs(OldObject!.Metadata.Annotations);

    /// <summary>An audit of a stored object: an update that changes nothing.</summary>
    public static Subject OfAudit(KubernetesObject stored, DateTimeOffset time) => new() { Operation = Operation.Update, Object = stored, OldObject = stored, IsAudit = true, Time = time };

    /// <summary>The object that rules validate: the new one, or the one to delete.</summary>
    public KubernetesObject? Target => Object ?? OldObject;
}
