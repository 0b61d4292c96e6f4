namespace AdmissionWebhook.Cli.Reports;

/// <summary>The result of a command.</summary>
/// <param name="Verdicts">One for each checked object.</param>
internal sealed record Report(ImmutableArray<Verdict> Verdicts)
{
    /// <summary>Whether the JSON report lists objects without findings too; the text report never does.</summary>
    public bool ListsAll { get; init; } = true;

    /// <summary>Whether the other objects of the cluster are known.</summary>
    public bool KnowsCluster { get; init; } = true;

    /// <summary>The numbers of objects by outcome.</summary>
    public Summary Summary { get; } = Summary.Of(Verdicts);
}
