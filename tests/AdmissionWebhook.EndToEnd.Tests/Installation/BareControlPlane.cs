namespace AdmissionWebhook.EndToEnd.Tests.Installation;

/// <summary>A control plane on which nothing is installed.</summary>
public sealed class BareControlPlane : ControlPlane
{
    protected override Task InstallAsync(TestCertificates certificates) => Task.CompletedTask;
}
