namespace AdmissionWebhook.Policy.Controllers;

/// <summary>How a backend names an action, which an annotation describes.</summary>
/// <param name="Port">The name of its port.</param>
/// <param name="Annotations">How such annotations begin; the backend's name follows.</param>
public sealed record ControllerActions(string Port, string Annotations);
