namespace AdmissionWebhook.Cli.Reports;

/// <summary>What a command has found out.</summary>
/// <param name="Verdicts">One for each object judged.</param>
internal sealed record Report(ImmutableArray<Verdict> Verdicts)
{
    /// <summary>Whether scripts are told of objects without findings too; people never are.</summary>
    public bool ListsAll { get; init; } = true;

    /// <summary>Whether anybody said what exists besides the objects judged.</summary>
    public bool KnowsCluster { get; init; } = true;

    /// <summary>How many objects fared how.</summary>
    public Summary Summary { get; } = Summary.Of(Verdicts);
}
