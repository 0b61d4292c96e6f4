using AdmissionWebhook.KubernetesApi.Configuration;
using AdmissionWebhook.Server.Settings;

namespace AdmissionWebhook.Server.Cluster;

/// <summary>Finds the API server of the settings.</summary>
internal static class LiveCluster
{
    /// <exception cref="StartRefusedException">The settings lead to no API server.</exception>
    public static ApiServer Find(ClusterSettings settings)
    {
        try
        {
            return settings.Source == ClusterSource.InCluster
                ? ApiServer.InCluster(Environment.GetEnvironmentVariable) ?? throw new StartRefusedException(["Cluster:Source: this process does not run in a cluster, or its pod has no service account token."])
                : KubeConfig.Read(settings.Kubeconfig is { } file ? [file] : KubeConfig.DefaultFiles(Environment.GetEnvironmentVariable), settings.Context);
        }
        catch (KubeConfigException unusable)
        {
            throw new StartRefusedException([$"Cluster:Kubeconfig: {unusable.Message}"]);
        }
    }

    /// <summary>The webhook's own namespace, which holds the Leases of its replicas.</summary>
    public static string NamespaceOf(ClusterSettings settings, ApiServer apiServer) =>
        settings.Namespace ?? (settings.Source == ClusterSource.InCluster ? apiServer.Namespace : null) ?? "admission-webhook";
}
