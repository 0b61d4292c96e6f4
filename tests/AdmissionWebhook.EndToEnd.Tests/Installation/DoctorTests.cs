namespace AdmissionWebhook.EndToEnd.Tests.Installation;

/// <summary>The doctor on a real API server, which calls a real webhook.</summary>
public sealed class DoctorTests(DoctorControlPlane cluster) : IClassFixture<DoctorControlPlane>
{
    [Fact]
    public async Task The_doctor_reports_a_healthy_installation_and_then_each_damage()
    {
        Assert.SkipUnless(ControlPlane.IsPresent, ControlPlane.Absent);
        await cluster.UntilAsync("the policy is accepted", async () => await cluster.KubectlAsync("", "get", "tp/organisation", "-o=jsonpath={.status.conditions[0].status}") == "True");

        var (exitCode, output) = await ExamineAsync();
        Assert.True(exitCode == 0, output);
        Assert.Contains("warning   network: The NetworkPolicy allows every pod to call the webhook.", output, StringComparison.Ordinal);
        Assert.EndsWith("\n17 ok, 1 warning.", output.TrimEnd(), StringComparison.Ordinal);

        await cluster.KubectlAsync("", "delete", "clusterrolebinding", "admission-webhook");
        (exitCode, output) = await ExamineAsync();
        Assert.Contains("wrong     permissions: ServiceAccount admission-webhook/admission-webhook may not get services, list services, watch services, ", output, StringComparison.Ordinal);
        Assert.Equal(1, exitCode);

        cluster.Webhook.Signal("-KILL");
        (exitCode, output) = await ExamineAsync();
        Assert.Contains("wrong     answer: The API server gets no answer for Ingress objects and denies them: ", output, StringComparison.Ordinal);
        Assert.Contains("Remedy: No replica listens on that port: see replicas", output, StringComparison.Ordinal);
        Assert.Contains("wrong     answer: The API server accepts Service objects without an answer of the webhook (mutating and validating).", output, StringComparison.Ordinal);
        Assert.Equal(1, exitCode);
    }

    private Task<(int ExitCode, string Output)> ExamineAsync() => ExamineAsync(cluster);

    /// <summary>Runs the doctor on a cluster.</summary>
    internal static Task<(int ExitCode, string Output)> ExamineAsync(ControlPlane cluster) =>
        ChildProcess.RunAsync("dotnet", [AppContext.BaseDirectory.Replace("AdmissionWebhook.EndToEnd.Tests", "AdmissionWebhook.Cli", StringComparison.Ordinal) + "admission-webhook.dll", "doctor", "--kubeconfig", cluster.KubeConfig]);
}
