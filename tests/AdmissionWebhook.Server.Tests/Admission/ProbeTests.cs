using AdmissionWebhook.Policy.Evaluation;

namespace AdmissionWebhook.Server.Tests.Admission;

public sealed class ProbeTests(RunningServer server) : IClassFixture<RunningServer>
{
    [Theory]
    [InlineData("/validate", AdmissionPhase.Validating)]
    [InlineData("/mutate", AdmissionPhase.Mutating)]
    public async Task A_dry_run_of_an_object_with_its_name_is_answered_with_the_version_and_the_phase(string path, AdmissionPhase phase)
    {
        var response = await server.ReviewAsync(path, Review(Probe.Name, isDryRun: true));

        var warnings = response["warnings"]!.AsArray().Select(warning => (string)warning!).ToList();
        Assert.Equal(Probe.Version, Probe.FindAnswer(warnings, phase));
        Assert.Null(Probe.FindAnswer(warnings, phase == AdmissionPhase.Mutating ? AdmissionPhase.Validating : AdmissionPhase.Mutating));
    }

    [Fact]
    public async Task Rules_check_the_probe_like_any_other_object()
    {
        var response = await server.ReviewAsync("/validate", Review(Probe.Name, isDryRun: true, Reviews.BadIngress));

        Assert.False((bool)response["allowed"]!);
        Assert.Equal(Probe.Version, Probe.FindAnswer(response["warnings"]!.AsArray().Select(warning => (string)warning!), AdmissionPhase.Validating));
    }

    [Theory]
    [InlineData(Probe.Name, false)]
    [InlineData("web", true)]
    public async Task Only_a_dry_run_of_the_probe_gets_the_version(string name, bool isDryRun) =>
        Assert.False((await server.ReviewAsync("/validate", Review(name, isDryRun))).ContainsKey("warnings"));

    private static string Review(string name, bool isDryRun, string ingress = Reviews.GoodIngress) =>
        Reviews.Of(ingress.Replace("\"name\": \"web\", \"namespace\"", $"\"name\": \"{name}\", \"namespace\"", StringComparison.Ordinal), further: $"\"dryRun\": {(isDryRun ? "true" : "false")},");
}
