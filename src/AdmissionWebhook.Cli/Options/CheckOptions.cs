using System.CommandLine;

namespace AdmissionWebhook.Cli.Options;

/// <summary>What <c>check</c> can be told. Words may be written in upper or lower case.</summary>
internal sealed class CheckOptions
{
    public Argument<string[]> Paths { get; } = new("PATH")
    {
        Arity = ArgumentArity.OneOrMore,
        Description = "Files, folders (*.yaml, *.yml and *.json in them and below) or - for standard input.",
    };

    public PolicyOptions Policy { get; } = new();

    public ClusterOptions Cluster { get; } = new(
        "A file or folder of manifests of all that exists besides, so that what is absent is known to be missing; repeatable.",
        "The kubeconfig of a live cluster that tells what exists besides.");

    public Option<string> Namespace { get; } = new("--namespace")
    {
        HelpName = "NS",
        Description = "The namespace of namespaced objects that name none; by default that of the live cluster's context, else \"default\".",
    };

    public Option<string> Operation { get; } = new("--operation")
    {
        HelpName = "CREATE|UPDATE|DELETE",
        Description = "What is done with the objects; CREATE by default, and UPDATE for an object with an --old copy or one in a live cluster.",
    };

    public Option<string> Old { get; } = new("--old")
    {
        HelpName = "PATH",
        Description = "A file or folder of the objects as they were before an UPDATE; by default they are looked for in the cluster.",
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

    public ReportOptions Report { get; } = new();

    public CheckOptions()
    {
        Operation.AcceptOnlyFromAmong(StringComparer.OrdinalIgnoreCase, "CREATE", "UPDATE", "DELETE");

        // What looks like an option and is none would be taken for a path.
        Paths.Validators.Add(Refusal.Of(
            written => written is ['-', _, ..],
            written => $"There is no option {written}.{Refusal.DidYouMean(written, All.Select(option => option.Name))}"));
        Old.Validators.Add(result =>
        {
            if (result.GetValue(Operation) is { } operation && !operation.Equals("UPDATE", StringComparison.OrdinalIgnoreCase))
                result.AddError($"--old goes with --operation UPDATE, not with {operation}.");
        });
    }

    /// <summary>Every option, in the order of the help.</summary>
    public IEnumerable<Option> All => [.. Policy.All, .. Cluster.All, Namespace, Operation, Old, User, Groups, .. Report.All];
}
