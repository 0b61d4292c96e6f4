using System.CommandLine;
using System.CommandLine.Parsing;
using AdmissionWebhook.Cli.Clusters;
using AdmissionWebhook.Policy.Manifests;

namespace AdmissionWebhook.Cli.Options;

/// <summary>Who tells a command what exists: manifests or an API server, never both.</summary>
internal sealed class ClusterOptions
{
    private readonly Option<string[]> _manifests;

    private readonly Option<string> _kubeconfig;

    private readonly Option<string> _context = new("--context")
    {
        HelpName = "NAME",
        Description = "A context of that kubeconfig, else of the kubeconfig of kubectl; by default the current context.",
    };

    /// <param name="manifests">What the help says of <c>--cluster</c>.</param>
    /// <param name="kubeconfig">What the help says of <c>--kubeconfig</c>.</param>
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

    /// <summary>Each of them, in the order of the help.</summary>
    public IEnumerable<Option> All => [_manifests, _kubeconfig, _context];

    /// <summary>Whether a live cluster was asked for.</summary>
    public bool WantsLive(ParseResult parsed) => parsed.GetValue(_kubeconfig) is not null || parsed.GetValue(_context) is not null;

    /// <summary>Whether manifests were given.</summary>
    public bool WantsManifests(CommandResult command) => command.GetResult(_manifests) is not null;

    /// <summary>The live cluster that was asked for, or the one that kubectl would talk to.</summary>
    /// <returns>Null when there is a mistake.</returns>
    public LiveCluster? FindLive(ParseResult parsed, ManifestReader reader) =>
        LiveCluster.Find(parsed.GetValue(_kubeconfig), parsed.GetValue(_context), reader.Mistakes);

    /// <summary>The manifests of what exists; null where none were given.</summary>
    public ImmutableArray<Manifest>? ReadManifests(ParseResult parsed, ManifestReader reader) =>
        parsed.GetValue(_manifests) is { Length: > 0 } paths ? reader.Read(paths) : null;
}
