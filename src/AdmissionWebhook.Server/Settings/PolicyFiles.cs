using AdmissionWebhook.KubernetesApi;
using AdmissionWebhook.Policy.Manifests;

namespace AdmissionWebhook.Server.Settings;

/// <summary>Policies written in files.</summary>
internal static class PolicyFiles
{
    public static PolicySet? Read(IReadOnlyList<ManifestFile> files, ICollection<string> mistakes)
    {
        var errors = new List<SourceError>();
        var manifests = files.SelectMany(file => Manifest.ReadAll(file.Path, file.Text, errors)).ToList();
        var policies = PolicySet.Read(manifests, errors);
        foreach (var error in errors)
            mistakes.Add(error.ToString());

        if (errors.Count > 0)
            return null;
        if (policies is { Policies.IsEmpty: false })
            return policies;

        // Without a policy the webhook allows everything. An empty folder is more likely an error than a wish for that.
        mistakes.Add($"Policy:Files: a {PolicyDocument.SupportedKind} is required; found none in {(files.Count == 0 ? "any file" : string.Join(", ", files.Select(file => file.Path)))}");
        return null;
    }
}
