namespace AdmissionWebhook.Policy.Controllers;

/// <summary>The annotations that put Ingresses into a group.</summary>
/// <param name="Name">Names the group.</param>
/// <param name="Order">A number: of two Ingresses of the group the one with the smaller is asked first. Zero where it is absent.</param>
public sealed record ControllerGroup(string Name, string Order);
