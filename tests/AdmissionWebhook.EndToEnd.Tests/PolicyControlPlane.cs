namespace AdmissionWebhook.EndToEnd.Tests;

/// <summary>A control plane whose webhook takes its policies from the API server.</summary>
public sealed class PolicyControlPlane : ControlPlane
{
    protected override async Task<string[]> PreparePoliciesAsync()
    {
        await InstallKindsAsync();
        await KubectlAsync("", "apply", "-f", OrganisationPolicy);
        return ["--Policy:Source=Cluster"];
    }
}
