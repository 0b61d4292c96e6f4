using AdmissionWebhook.Policy.Kinds;

namespace AdmissionWebhook.Policy.Evaluation;

/// <summary>The operation that admission asks about, as Kubernetes names it.</summary>
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

    /// <summary>A connection to a proxy subresource; never judged.</summary>
    Connect = 8,
}

/// <summary>The two phases of admission: first defaults are filled in, then the result is judged.</summary>
public enum AdmissionPhase
{
    /// <summary>Mutation rules run.</summary>
    Mutating,

    /// <summary>Validation rules run.</summary>
    Validating,
}

/// <summary>Who asks.</summary>
/// <param name="Name">The user's name; <c>system:serviceaccount:…</c> for a service account.</param>
/// <param name="Groups">The user's groups.</param>
public sealed record UserInfo(string Name, ImmutableArray<string> Groups)
{
    /// <summary>Nobody in particular.</summary>
    public static UserInfo Anonymous { get; } = new("", []);

    /// <summary>
    /// Whether it is a controller of Kubernetes itself, which deletes what a deleted namespace or owner leaves behind. Distributions run them with
    /// service accounts of their own, or all of them as one user.
    /// </summary>
    public bool IsCleaner => Name
        is "system:serviceaccount:kube-system:namespace-controller"
        or "system:serviceaccount:kube-system:generic-garbage-collector"
        or "system:kube-controller-manager";
}

/// <summary>What is judged. Webhook and command line both produce it.</summary>
public sealed record Subject
{
    /// <summary>The phase of admission.</summary>
    public AdmissionPhase Phase { get; init; } = AdmissionPhase.Validating;

    /// <summary>What is asked for.</summary>
    public required Operation Operation { get; init; }

    /// <summary>The object as it would be stored; null on DELETE.</summary>
    public KubernetesObject? Object { get; init; }

    /// <summary>The object as it is stored; null on CREATE.</summary>
    public KubernetesObject? OldObject { get; init; }

    /// <summary>The part of the object that alone is written, <c>status</c>; null for all the others.</summary>
    public string? SubResource { get; init; }

    /// <summary>Who asks.</summary>
    public UserInfo User { get; init; } = UserInfo.Anonymous;

    /// <summary>Whether the API server will store nothing.</summary>
    public bool IsDryRun { get; init; }

    /// <summary>When it is asked, which decides whether an exemption still holds. Where nobody says, every one of them has ended.</summary>
    public DateTimeOffset Time { get; init; } = DateTimeOffset.MaxValue;

    /// <summary>Whether nothing is asked for: what is stored is looked at, and nothing is forgiven for having been there before.</summary>
    public bool IsAudit { get; init; }

    /// <summary>Whether an update says anything new in <c>spec</c>.</summary>
    public bool ChangesSpec { get; init; } = true;

    /// <summary>Whether it is an update, and so has to answer only for what it makes worse.</summary>
    public bool IsJudgedByChange => Operation == Operation.Update && !IsAudit && Object is not null && OldObject is not null;

    /// <summary>
    /// Whether what is asked for concerns traffic: anything but an update of labels, finalizers, owner references or status. kubectl's note of
    /// what it applied last is no annotation in this sense, since it changes with every label.
    /// </summary>
    public bool ConcernsTraffic =>
        !IsJudgedByChange || ChangesSpec || SubResource is not null || !Object!.Metadata.Annotations.IsSameAs(OldObject!.Metadata.Annotations);

    /// <summary>A stored object, looked at as it is: an update that changes nothing and is forgiven nothing.</summary>
    public static Subject OfAudit(KubernetesObject stored, DateTimeOffset time) => new() { Operation = Operation.Update, Object = stored, OldObject = stored, IsAudit = true, Time = time };

    /// <summary>The object that rules look at: the new one, or the one to be deleted.</summary>
    public KubernetesObject? Target => Object ?? OldObject;
}
