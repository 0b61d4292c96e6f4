using System.CommandLine;
using System.CommandLine.Parsing;

namespace AdmissionWebhook.Cli.Options;

/// <summary>The policies of a command.</summary>
internal sealed class PolicyOptions
{
    private readonly Option<string[]> _policy = new("--policy")
    {
        HelpName = "PATH",
        Description = "A file or folder of TrafficPolicy and TrafficPolicyExemption documents, which replace the built-in policy; repeatable.",
    };

    private readonly Option<string[]> _only = new("--only")
    {
        HelpName = "RULE",
        Description = "Run only this rule, at Deny unless a --policy sets it; repeatable.",
        Validators = { Refusal.OfUnknownRules },
    };

    /// <summary>All options, in the order of the help.</summary>
    public IEnumerable<Option> All => [_policy, _only];

    /// <summary>Whether the user picks rules.</summary>
    public bool PicksRules(CommandResult command) => command.GetResult(_only) is not null;

    /// <inheritdoc cref="PicksRules(CommandResult)"/>
    public bool PicksRules(ParseResult parsed) => parsed.GetResult(_only) is not null;

    /// <summary>Reads the policies and exemptions.</summary>
    /// <param name="parsed">The arguments of the user.</param>
    /// <param name="reader">Reads the files.</param>
    /// <param name="defaultNamespace">The namespace of exemptions that name none; null if each must name one.</param>
    /// <returns>Null if there is any error.</returns>
    public PolicySet? Read(ParseResult parsed, ManifestReader reader, string? defaultNamespace = null) =>
        new PolicyChoice(parsed.GetValue(_policy)!, parsed.GetValue(_only)!, defaultNamespace).Read(reader);
}
