using AdmissionWebhook.KubernetesApi;
using AdmissionWebhook.Policy.Manifests;

namespace AdmissionWebhook.Server.Cluster;

/// <summary>The cluster state from files, for use outside a cluster: other objects do not exist.</summary>
internal static class ClusterManifests
{
    private const string DefaultNamespace = "default";

    public static ClusterState? Read(IReadOnlyList<ManifestFile> files, ICollection<string> mistakes)
    {
        var errors = new List<SourceError>();
        var manifests = files.SelectMany(file => Manifest.ReadAll(file.Path, file.Text, errors)).ToList();
        foreach (var error in errors)
            mistakes.Add(error.ToString());

        return errors.Count > 0 ? null : ClusterState.Empty.With(
            from manifest in manifests
            where manifest.Kind is not null
            select manifest.Read(DefaultNamespace));
    }
}
