using k8s;

namespace AdmissionWebhook.KubernetesApi;

/// <summary>Typed calls with KubernetesClient. It takes ten MiB of memory at its first use, so the server does not use it.</summary>
public static class TypedCalls
{
    /// <summary>Creates typed calls over the connection of a client, with its credentials, trust and errors.</summary>
    public static IKubernetes Over(KubernetesApiClient client) => new Kubernetes(new() { Host = client.Connection.Address.AbsoluteUri }, new Forward(client.Connection.Pipeline));

    /// <summary>
    /// With its own connection, KubernetesClient would not compare the name in the API server's certificate, not reload tokens, and not use proxies.
    /// </summary>
    private sealed class Forward(HttpMessageInvoker pipeline) : DelegatingHandler
    {
        protected override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken) => pipeline.SendAsync(request, cancellationToken);
    }
}
