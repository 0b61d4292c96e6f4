using AdmissionWebhook.TestSupport;

namespace AdmissionWebhook.Cli.Tests;

public sealed class CrdsTests
{
    [Fact]
    public void Prints_the_definitions_as_in_config()
    {
        var run = Cli.Run("crds");

        Assert.Equal((0, ""), (run.ExitCode, run.Error));
        Assert.Equal(string.Join("---\n", Written("trafficpolicies"), Written("trafficpolicyexemptions")), run.Output);
    }

    private static string Written(string plural) => File.ReadAllText(Repository.PathOf("config", "crd", $"{plural}.yaml"));
}
