using System.CommandLine;

namespace AdmissionWebhook.Cli;

/// <summary>What <c>check</c> can be told. Words may be written in upper or lower case.</summary>
internal sealed class CheckOptions
{
    private static readonly string[] LaterReports = ["sarif", "junit", "github"];

    public Argument<string[]> Paths { get; } = new("PATH")
    {
        Arity = ArgumentArity.OneOrMore,
        Description = "Files, folders (*.yaml, *.yml and *.json in them and below) or - for standard input.",
    };

    public Option<string[]> Policy { get; } = new("--policy")
    {
        HelpName = "PATH",
        Description = "A file or folder of TrafficPolicy documents in place of the built-in policy; repeatable.",
    };

    public Option<string[]> Only { get; } = new("--only")
    {
        HelpName = "RULE",
        Description = "Run just this rule, at Deny unless a --policy says otherwise; repeatable.",
        Validators = { Refusal.OfUnknownRules },
    };

    public Option<string[]> Cluster { get; } = new("--cluster")
    {
        HelpName = "PATH",
        Description = "A file or folder of manifests of all that exists besides, so that what is absent is known to be missing; repeatable.",
    };

    public Option<string> Kubeconfig { get; } = LiveCluster("--kubeconfig");

    public Option<string> Context { get; } = LiveCluster("--context");

    public Option<string> Namespace { get; } = new("--namespace")
    {
        HelpName = "NS",
        Description = "The namespace of namespaced objects that name none.",
        DefaultValueFactory = _ => "default",
    };

    public Option<string> Operation { get; } = new("--operation")
    {
        HelpName = "CREATE|UPDATE|DELETE",
        Description = "What is done with the objects; CREATE by default, and UPDATE for an object with an --old copy.",
    };

    public Option<string> Old { get; } = new("--old")
    {
        HelpName = "PATH",
        Description = "A file or folder of the objects as they were before an UPDATE; by default they are looked for in --cluster.",
    };

    public Option<string> User { get; } = new("--user")
    {
        HelpName = "NAME",
        Description = "Who asks.",
    };

    public Option<string[]> Groups { get; } = new("--group")
    {
        HelpName = "NAME",
        Description = "A group of who asks; repeatable.",
    };

    public Option<string> Output { get; } = new("--output")
    {
        HelpName = "text|json",
        Description = "The form of the report.",
        DefaultValueFactory = _ => "text",
    };

    public Option<string> FailOn { get; } = new("--fail-on")
    {
        HelpName = "deny|warn|audit|never",
        Description = "The mildest finding that makes the exit code 1.",
        DefaultValueFactory = _ => "deny",
    };

    public CheckOptions()
    {
        Operation.AcceptOnlyFromAmong(StringComparer.OrdinalIgnoreCase, "CREATE", "UPDATE", "DELETE");
        Output.AcceptOnlyFromAmong(StringComparer.OrdinalIgnoreCase, ["text", "json", .. LaterReports]);
        FailOn.AcceptOnlyFromAmong(StringComparer.OrdinalIgnoreCase, "deny", "warn", "audit", "never");

        // What looks like an option and is none would be taken for a path.
        Paths.Validators.Add(Refusal.Of(
            written => written is ['-', _, ..],
            written => $"There is no option {written}.{Refusal.DidYouMean(written, All.Select(option => option.Name))}"));
        Output.Validators.Add(Refusal.Of(
            written => LaterReports.Contains(written, StringComparer.OrdinalIgnoreCase),
            written => $"--output {written} comes with a later version; there are text and json."));
        Old.Validators.Add(result =>
        {
            if (result.GetValue(Operation) is { } operation && !operation.Equals("UPDATE", StringComparison.OrdinalIgnoreCase))
                result.AddError($"--old goes with --operation UPDATE, not with {operation}.");
        });
    }

    /// <summary>Every option, in the order of the help.</summary>
    public IEnumerable<Option> All => [Policy, Only, Cluster, Kubeconfig, Context, Namespace, Operation, Old, User, Groups, Output, FailOn];

    private static Option<string> LiveCluster(string name) => new(name)
    {
        Hidden = true,
        Validators = { result => result.AddError($"{name} comes with a later version; give manifests with --cluster.") },
    };
}
