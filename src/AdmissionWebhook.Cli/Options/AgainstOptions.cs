using System.CommandLine;
using System.CommandLine.Parsing;
using AdmissionWebhook.Cli.Clusters;
using AdmissionWebhook.Cli.Simulations;

namespace AdmissionWebhook.Cli.Options;

/// <summary>The policies to compare with the chosen ones.</summary>
internal sealed class AgainstOptions
{
    private readonly Option<string[]> _files = new("--against")
    {
        HelpName = "PATH",
        Description = "A file or folder of policies; list what changes if the policies replace these; repeatable.",
    };

    private readonly Option<bool> _cluster = new("--against-cluster")
    {
        Description = "List what changes if the policies are applied to the live cluster, beside its other policies and exemptions.",
    };

    /// <summary>All options, in the order of the help.</summary>
    public IEnumerable<Option> All => [_files, _cluster];

    /// <summary>Rejects options that must not be combined.</summary>
    /// <param name="command">The arguments of the user.</param>
    /// <param name="cluster">The source of the objects.</param>
    /// <param name="policy">The chosen policies.</param>
    public void Validate(CommandResult command, ClusterOptions cluster, PolicyOptions policy)
    {
        var (files, live) = (command.GetResult(_files) is not null, command.GetResult(_cluster) is { Implicit: false });
        if (files && live)
            command.AddError("--against must not be combined with --against-cluster; use one of them.");
        if (live && cluster.WantsManifests(command))
            command.AddError("--against-cluster must not be combined with --cluster, which replaces the live cluster by manifests.");
        if ((files || live) && policy.PicksRules(command))
            command.AddError("--only must not be combined with --against or --against-cluster, which compare whole policies.");
    }

    /// <summary>Reads the policies.</summary>
    /// <param name="parsed">The arguments of the user.</param>
    /// <param name="reader">Reads the files.</param>
    /// <param name="policies">The chosen policies.</param>
    /// <param name="live">The live cluster; null if manifests replace it.</param>
    /// <param name="cancellation">Cancels the call.</param>
    /// <returns>Null without a comparison, and after an error.</returns>
    public async Task<Comparison?> ReadAsync(ParseResult parsed, ManifestReader reader, PolicySet policies, LiveCluster? live, CancellationToken cancellation)
    {
        if (parsed.GetValue(_cluster))
            return await live!.ReadPoliciesAsync(reader, cancellation) is { } applied ? Comparison.Applying(policies, applied) : null;

        return parsed.GetValue(_files) is { Length: > 0 } files && new PolicyChoice(files, [], Namespace: null).Read(reader) is { } current
            ? new(current, policies)
            : null;
    }
}
