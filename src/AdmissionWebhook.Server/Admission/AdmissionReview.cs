using AdmissionWebhook.Policy.Evaluation;
using AdmissionWebhook.Policy.Kinds;

namespace AdmissionWebhook.Server.Admission;

/// <summary>An admission.k8s.io/v1 AdmissionReview: a request, and what it is about.</summary>
/// <param name="Request">Who asks what.</param>
/// <param name="Object">Null on DELETE, and where the request is none of ours: another kind, or a subresource.</param>
/// <param name="OldObject">Null on CREATE, and where the request is none of ours.</param>
/// <param name="ChangesSpec">Whether an update says anything new in <c>spec</c>.</param>
internal readonly record struct AdmissionReview(AdmissionRequest Request, KubernetesObject? Object, KubernetesObject? OldObject, bool ChangesSpec)
{
    public const string ApiVersion = "admission.k8s.io/v1";
    public const string Kind = "AdmissionReview";

    public Subject ToSubject(AdmissionPhase phase, DateTimeOffset now) => new()
    {
        Phase = phase,
        Time = now,
        Operation = Request.Operation switch
        {
            "CREATE" => Operation.Create,
            "UPDATE" => Operation.Update,
            "DELETE" => Operation.Delete,
            "CONNECT" => Operation.Connect,
            _ => Operation.None,
        },
        Object = Object,
        OldObject = OldObject,
        SubResource = Request.SubResource,
        User = Request.User,
        IsDryRun = Request.IsDryRun,
        ChangesSpec = ChangesSpec,
    };
}
