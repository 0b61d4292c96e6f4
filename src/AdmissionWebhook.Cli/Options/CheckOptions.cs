using System.CommandLine;

namespace AdmissionWebhook.Cli.Options;

/// <summary>The options of <c>check</c>. Values are case-insensitive.</summary>
internal sealed class CheckOptions
{
    public Argument<string[]> Paths { get; } = new("PATH")
    {
        Arity = ArgumentArity.OneOrMore,
        Description = "Files, folders (all *.yaml, *.yml and *.json files below them) or - for standard input.",
    };

    public ManifestOptions Files { get; } = new();

    public PolicyOptions Policy { get; } = new();

    public ClusterOptions Cluster { get; } = new(
        "A file or folder of manifests of all other objects in the cluster; an object that is not there counts as missing; repeatable.",
        "The kubeconfig of a live cluster with the other objects.");

    public Option<string> Namespace { get; } = new("--namespace")
    {
        HelpName = "NS",
        Description = "The namespace of objects that name none; by default the namespace of the live cluster's context, else \"default\".",
    };

    public Option<string> Operation { get; } = new("--operation")
    {
        HelpName = "CREATE|UPDATE|DELETE",
        Description = "The operation on the objects; CREATE by default, UPDATE for an object with an --old copy or in a live cluster.",
    };

    public Option<string> Old { get; } = new("--old")
    {
        HelpName = "PATH",
        Description = "A file or folder of the objects before an UPDATE; by default the command looks for them in the cluster.",
    };

    public Option<string> User { get; } = new("--user")
    {
        HelpName = "NAME",
        Description = "The user who sends the request.",
    };

    public Option<string[]> Groups { get; } = new("--group")
    {
        HelpName = "NAME",
        Description = "A group of the user; repeatable.",
    };

    public ReportOptions Report { get; } = new();

    public CheckOptions()
    {
        Operation.AcceptOnlyFromAmong(StringComparer.OrdinalIgnoreCase, "CREATE", "UPDATE", "DELETE");

        // Otherwise an unknown option would count as a path.
        Paths.Validators.Add(Refusal.Of(
            written => written is ['-', _, ..],
            written => $"Option {written} does not exist.{Refusal.DidYouMean(written, All.Select(option => option.Name))}"));
        Old.Validators.Add(result =>
        {
            if (result.GetValue(Operation) is { } operation && !operation.Equals("UPDATE", StringComparison.OrdinalIgnoreCase))
                result.AddError($"--old must not be combined with --operation {operation}; it requires UPDATE.");
        });
    }

    /// <summary>All options, in the order of the help.</summary>
    public IEnumerable<Option> All => [.. Files.All, .. Policy.All, .. Cluster.All, Namespace, Operation, Old, User, Groups, .. Report.All];
}
