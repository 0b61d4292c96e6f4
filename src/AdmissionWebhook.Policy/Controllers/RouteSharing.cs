namespace AdmissionWebhook.Policy.Controllers;

/// <summary>Which Ingresses a controller serves from the same routes.</summary>
public enum RouteSharing
{
    /// <summary>Those of one class.</summary>
    Class,

    /// <summary>Those of all classes that have its <c>spec.controller</c>.</summary>
    Controller,

    /// <summary>None: each has an entrance of its own.</summary>
    Nobody,

    /// <summary>Those of one IngressGroup of the AWS Load Balancer Controller; one without a group has a load balancer of its own.</summary>
    Group,
}
