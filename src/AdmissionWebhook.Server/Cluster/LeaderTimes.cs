namespace AdmissionWebhook.Server.Cluster;

/// <summary>How long one replica leads without renewal, and how often it does what only a leader does.</summary>
internal sealed record LeaderTimes
{
    /// <summary>After so long without a renewal another replica takes over.</summary>
    public TimeSpan LeaseDuration { get; init; } = TimeSpan.FromSeconds(15);

    /// <summary>How often the leader renews its lease and the others look at it.</summary>
    public TimeSpan RenewEvery { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>How often the status of an object is written at most.</summary>
    public TimeSpan StatusEvery { get; init; } = TimeSpan.FromSeconds(3);

    /// <summary>How often everything is judged anew for the counts in the status at most.</summary>
    public TimeSpan CountEvery { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>A leader that cannot renew stops before another one may begin, however their clocks differ.</summary>
    public TimeSpan LeadsFor => LeaseDuration * 2 / 3;
}
