namespace AdmissionWebhook.Server.Admission;

/// <summary>An admission.k8s.io/v1 AdmissionReview: a request with its objects.</summary>
/// <param name="Request">The request.</param>
/// <param name="Object">Null on DELETE, and for another kind or a subresource, which no rule checks.</param>
/// <param name="OldObject">Null on CREATE, and for another kind or a subresource.</param>
/// <param name="ChangesSpec">Whether an update changes <c>spec</c>.</param>
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
