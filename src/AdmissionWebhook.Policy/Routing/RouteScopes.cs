namespace AdmissionWebhook.Policy.Routing;

/// <summary>From whose routes an Ingress is served, in texts that can be compared without the Ingress.</summary>
/// <param name="Takes">What it takes of them.</param>
/// <param name="Meets">What others take that meets it: two Ingresses share routes where one meets what the other takes.</param>
public sealed record RouteScopes(ImmutableArray<string> Takes, ImmutableArray<string> Meets);
