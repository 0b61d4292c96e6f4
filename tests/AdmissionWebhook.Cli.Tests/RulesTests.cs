using AdmissionWebhook.Policy.Rules;

namespace AdmissionWebhook.Cli.Tests;

public sealed class RulesTests
{
    [Fact]
    public void Lists_every_rule_with_its_default_and_summary()
    {
        var run = Cli.Run("rules");

        Assert.Equal(0, run.ExitCode);
        foreach (var rule in RuleCatalog.All)
            Assert.Matches($@"(?m)^{rule.Id} +{rule.ByDefault} +{System.Text.RegularExpressions.Regex.Escape(rule.Summary)}", run.Output);
    }

    [Fact]
    public void Explains_every_rule_with_its_parameters()
    {
        foreach (var rule in RuleCatalog.All)
        {
            var run = Cli.Run("rules", rule.Id);

            Assert.Equal(0, run.ExitCode);
            Assert.Contains(rule.Summary, run.Output, StringComparison.Ordinal);
            Assert.Contains(rule.Why, run.Output, StringComparison.Ordinal);
            foreach (var parameter in rule.Parameters)
            {
                var byDefault = parameter.IsRequired ? "required" : $"{parameter.DefaultText} by default";
                Assert.Contains($"{parameter.Name}: {parameter.TypeName}, {byDefault}", run.Output, StringComparison.Ordinal);
            }
        }
    }

    [Fact]
    public void Suggests_the_nearest_rule_for_an_unknown_one()
    {
        var run = Cli.Run("rules", "ingres-tls-required");

        Assert.Equal(2, run.ExitCode);
        Assert.Contains("Rule \"ingres-tls-required\" does not exist. Did you mean ingress-tls-required?", run.Error, StringComparison.Ordinal);
    }
}
