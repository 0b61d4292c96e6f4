namespace AdmissionWebhook.Server.Cluster;

/// <summary>How long a leader leads without a renewal, and how often it does its work.</summary>
internal sealed record LeaderTimes
{
    /// <summary>The time without a renewal after which another replica takes over.</summary>
    public TimeSpan LeaseDuration { get; init; } = TimeSpan.FromSeconds(15);

    /// <summary>How often the leader renews its lease and the others read it.</summary>
    public TimeSpan RenewEvery { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>The minimum time between two writes of the status of an object.</summary>
    public TimeSpan StatusEvery { get; init; } = TimeSpan.FromSeconds(3);

    /// <summary>The minimum time between two counts of the violations for the status.</summary>
    public TimeSpan CountEvery { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>A leader that cannot renew its lease stops before another can begin, even if their clocks differ.</summary>
    public TimeSpan LeadsFor => LeaseDuration * 2 / 3;
}
