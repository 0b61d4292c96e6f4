using System.CommandLine;
using AdmissionWebhook.Policy.Rules;
using Spectre.Console;
using Rule = AdmissionWebhook.Policy.Evaluation.Rule;

namespace AdmissionWebhook.Cli;

/// <summary><c>rules</c>: lists rules with their reasons and parameters.</summary>
internal sealed class RulesCommand : Command
{
    public RulesCommand(Streams streams)
        : base("rules", "List the rules, or explain one.")
    {
        var id = new Argument<string?>("ID")
        {
            Arity = ArgumentArity.ZeroOrOne,
            Description = "The rule to explain.",
            Validators = { Refusal.OfUnknownRules },
        };
        Add(id);
        SetAction(parsed =>
        {
            if (parsed.GetValue(id) is { } asked)
                Explain(RuleCatalog.Find(asked)!, streams.CreateConsole());
            else
                List(streams.CreateConsole());
        });
    }

    private static void List(IAnsiConsole console)
    {
        var table = new Table().NoBorder();
        table.AddColumns(new TableColumn("Rule").NoWrap().PadLeft(0), new TableColumn("Default").NoWrap(), new TableColumn("Summary"));
        foreach (var rule in RuleCatalog.All)
            table.AddRow(new Text(rule.Id), new Text(rule.ByDefault.ToString()), new Text(rule.Summary));
        console.Write(table);
    }

    private static void Explain(Rule rule, IAnsiConsole console)
    {
        console.MarkupLineInterpolated($"[bold]{rule.Id}[/]: {rule.Summary}");
        console.WriteLine(rule.Why);
        console.WriteLine();
        console.WriteLine($"Validates {string.Join(", ", rule.Kinds)}.");
        console.WriteLine($"{rule.ByDefault} unless a policy sets it; {InBuiltInPolicy(rule)} in the built-in policy.");

        foreach (var parameter in rule.Parameters)
        {
            var byDefault = parameter.IsRequired ? "required" : $"{parameter.DefaultText} by default";
            console.WriteLine();
            console.MarkupLineInterpolated($"[bold]{parameter.Name}[/]: {parameter.TypeName}, {byDefault}");
            console.Write(new Padder(new Text(parameter.Summary), new Padding(2, 0, 0, 0)));
        }
    }

    private static Enforcement InBuiltInPolicy(Rule rule) =>
        PolicySet.Default.Policies.SelectMany(policy => policy.Rules).FirstOrDefault(active => active.Rule == rule)?.Enforcement ?? Enforcement.Off;
}
