using AdmissionWebhook.Policy.Rules;

namespace AdmissionWebhook.Policy.Evaluation;

/// <summary>Gathers findings. Equal violations of a rule from several policies are one finding, at the strictest enforcement.</summary>
internal sealed class FindingList
{
    private Dictionary<(Rule, Violation), Finding>? _findings;

    public bool IsEmpty => _findings is null;

    /// <summary>Whether one of them denies the request.</summary>
    public bool Denies { get; private set; }

    public void Add(Finding finding)
    {
        Denies |= finding.Enforcement == Enforcement.Deny;
        _findings ??= [];
        var key = (finding.Rule, finding.Violation);
        if (!_findings.TryGetValue(key, out var known) || known.Enforcement < finding.Enforcement)
            _findings[key] = finding;
    }

    /// <summary>In catalogue order, and within a rule in the order found.</summary>
    public ImmutableArray<Finding> ToImmutable() =>
        _findings is null ? [] : [.. _findings.Values.OrderBy(finding => RuleCatalog.All.IndexOf(finding.Rule))];
}
