using System.Buffers;
using AdmissionWebhook.Policy.Controllers;

namespace AdmissionWebhook.Server.Admission;

/// <summary>
/// Answers an artificial review while the server lists the cluster, so the first caller does not wait until code and catalogues are loaded.
/// </summary>
internal sealed class WarmUp : BackgroundService
{
    private static ReadOnlySpan<byte> Review =>
        """
        {"apiVersion":"admission.k8s.io/v1","kind":"AdmissionReview","request":{"uid":"warm-up","kind":{"group":"networking.k8s.io","version":"v1","kind":"Ingress"},
        "namespace":"default","name":"web","operation":"CREATE","userInfo":{"username":"nobody","groups":["system:authenticated"]},
        "object":{"metadata":{"name":"web","namespace":"default","labels":{"app":"web"},"annotations":{"nginx.ingress.kubernetes.io/ssl-redirect":"true"}},
        "spec":{"ingressClassName":"nginx","rules":[{"host":"web.example.com","http":{"paths":[{"path":"/","pathType":"Prefix","backend":{"service":{"name":"web","port":{"number":80}}}}]}}],
        "tls":[{"hosts":["web.example.com"],"secretName":"web-tls"}]}}}}
        """u8;

    protected override Task ExecuteAsync(CancellationToken stoppingToken)
    {
        foreach (var phase in Enum.GetValues<AdmissionPhase>())
        {
            var review = ReviewReader.Read(Review);
            var decision = PolicyEngine.Decide(review.ToSubject(phase, DateTimeOffset.UnixEpoch), PolicySet.Default, ClusterState.Empty);
            AdmissionResponse.Write(new ArrayBufferWriter<byte>(), review.Request, decision, PolicySet.Default.Revision, null, out _);
        }

        foreach (var controller in IngressController.All)
            _ = controller.Annotations;
        return Task.CompletedTask;
    }
}
