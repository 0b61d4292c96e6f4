namespace AdmissionWebhook.EndToEnd.Tests.Installation;

/// <summary>A control plane on which everything is installed, as far as that goes without nodes.</summary>
public sealed class DoctorControlPlane : ControlPlane
{
    protected override Task<string[]> PreparePoliciesAsync() => InstallPolicyAsync();

    protected override async Task InstallAsync(TestCertificates certificates)
    {
        await base.InstallAsync(certificates);
        var (certificate, key) = certificates.Issue("service", "CN=service");
        await KubectlAsync("", "apply", "-k", AdmissionWebhook.TestSupport.Repository.PathOf("config", "server"));
        await KubectlAsync("", "patch", "deployment", "admission-webhook", "-n", "admission-webhook", "--subresource=status", "--type=merge", """--patch={"status": {"replicas": 2, "readyReplicas": 2}}""");
        var secret = await KubectlAsync("", "create", "secret", "generic", "admission-webhook", "-n", "admission-webhook", $"--from-file=tls.crt={certificate}", $"--from-file=tls.key={key}", "--dry-run=client", "-o=yaml");
        await KubectlAsync(secret, "apply", "--server-side", "-f", "-");
    }
}
