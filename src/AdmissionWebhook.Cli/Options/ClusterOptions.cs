using System.CommandLine;
using System.CommandLine.Parsing;
using AdmissionWebhook.Cli.Clusters;
using AdmissionWebhook.Policy.Manifests;

namespace AdmissionWebhook.Cli.Options;

/// <summary>The source of the cluster state: manifests or an API server, never both.</summary>
internal sealed class ClusterOptions
{
    private readonly Option<string[]> _manifests;

    private readonly Option<string> _kubeconfig;

    private readonly Option<string> _context = new("--context")
    {
        HelpName = "NAME",
        Description = "A context of that kubeconfig, else of the kubeconfig of kubectl; by default the current context.",
    };

    /// <param name="manifests">The help of <c>--cluster</c>.</param>
    /// <param name="kubeconfig">The help of <c>--kubeconfig</c>.</param>
    public ClusterOptions(string manifests, string kubeconfig)
    {
        _kubeconfig = new("--kubeconfig")
        {
            HelpName = "FILE",
            Description = kubeconfig,
            Validators = { Refusal.Of(string.IsNullOrEmpty, _ => "--kubeconfig must name a file.") },
        };
        _manifests = new("--cluster")
        {
            HelpName = "PATH",
            Description = manifests,
            Validators =
            {
                given =>
                {
                    if (given.GetResult(_kubeconfig) is not null || given.GetResult(_context) is not null)
                        given.AddError("--cluster must not be combined with --kubeconfig or --context; use manifests or a live cluster.");
                },
            },
        };
    }

    /// <summary>All options, in the order of the help.</summary>
    public IEnumerable<Option> All => [_manifests, _kubeconfig, _context];

    /// <summary>Whether the user asks for a live cluster.</summary>
    public bool WantsLive(ParseResult parsed) => parsed.GetValue(_kubeconfig) is not null || parsed.GetValue(_context) is not null;

    /// <summary>Whether the user gives manifests.</summary>
    public bool WantsManifests(CommandResult command) => command.GetResult(_manifests) is not null;

    /// <summary>The live cluster of the options, or the one that kubectl would use.</summary>
    /// <returns>Null after an error.</returns>
    public LiveCluster? FindLive(ParseResult parsed, ManifestReader reader) =>
        LiveCluster.Find(parsed.GetValue(_kubeconfig), parsed.GetValue(_context), reader.Mistakes);

    /// <summary>The manifests of the cluster; null without the option.</summary>
    public ImmutableArray<Manifest>? ReadManifests(ParseResult parsed, ManifestReader reader) =>
        parsed.GetValue(_manifests) is { Length: > 0 } paths ? reader.Read(paths) : null;
}
