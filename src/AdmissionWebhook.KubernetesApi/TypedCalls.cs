using k8s;

namespace AdmissionWebhook.KubernetesApi;

/// <summary>Calls that know kinds, by KubernetesClient. It takes ten MiB of memory when it is first used, so a server does without it.</summary>
public static class TypedCalls
{
    /// <summary>Over the connection of a client, with its credentials, its trust and its errors.</summary>
    public static IKubernetes Over(KubernetesApiClient client) => new Kubernetes(new() { Host = client.Connection.Address.AbsoluteUri }, new Forward(client.Connection.Pipeline));

    /// <summary>KubernetesClient would connect by itself, and then does not compare the name in the API server's certificate, nor reads tokens anew, nor takes proxies.</summary>
    private sealed class Forward(HttpMessageInvoker pipeline) : DelegatingHandler
    {
        protected override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken) => pipeline.SendAsync(request, cancellationToken);
    }
}
