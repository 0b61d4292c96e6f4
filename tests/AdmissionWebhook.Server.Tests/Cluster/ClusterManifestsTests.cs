namespace AdmissionWebhook.Server.Tests.Cluster;

public sealed class ClusterManifestsTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task A_Service_added_to_the_manifests_exists()
    {
        var file = _folder.Write("cluster.yaml", IngressClass);
        await using var server = await RunningServer.StartAsync(("Cluster:Manifests", file));
        var before = await server.ReviewAsync("/validate", Reviews.Of(Reviews.GoodIngress));

        _folder.Write("cluster.yaml", IngressClass + Service);
        await server.Log.WaitForAsync("Loaded the cluster manifests", times: 2);
        var after = await server.ReviewAsync("/validate", Reviews.Of(Reviews.GoodIngress));

        Assert.Equal("ingress-backend-service-exists", (string?)before["auditAnnotations"]!["denied-by"]);
        Assert.True((bool)after["allowed"]!);
    }

    private const string IngressClass = """
        apiVersion: networking.k8s.io/v1
        kind: IngressClass
        metadata: {name: nginx}
        ---
        # None of our kinds: passed over.
        apiVersion: apps/v1
        kind: Deployment
        metadata: {name: web}

        """;

    private const string Service = """
        ---
        apiVersion: v1
        kind: Service
        metadata: {name: web, namespace: shop}
        spec: {ports: [{port: 80}]}
        """;
}
