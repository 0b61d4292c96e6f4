namespace AdmissionWebhook.EndToEnd.Tests;

/// <summary>A control plane whose webhook takes its policies from the API server.</summary>
public sealed class PolicyControlPlane : ControlPlane
{
    protected override Task<string[]> PreparePoliciesAsync() => InstallPolicyAsync();
}
