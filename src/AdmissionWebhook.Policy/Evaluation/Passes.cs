using AdmissionWebhook.Policy.Configuration;
using AdmissionWebhook.Policy.State;

namespace AdmissionWebhook.Policy.Evaluation;

/// <summary>What can let an object be although a rule of a policy is violated.</summary>
internal readonly record struct Passes(TrafficPolicy Policy, ActiveRule Active, ImmutableArray<Exemption> Exemptions)
{
    /// <summary>The first thing that does, as it is told to people; null where nothing does.</summary>
    public string? Find(Subject subject) =>
        FindExemption(subject) is { } exemption ? $"{exemption.Namespace}/{exemption.Name}"
        : Policy.Exempt.Covers(subject.User) || Active.Exempt.Covers(subject.User) ? $"user {subject.User.Name}"
        : FindController(subject)?.Name;

    /// <summary>
    /// Whether the policy takes what is wrong with a stored object for a violation, were it one that an exemption or a user's right lets be.
    /// </summary>
    public bool JudgesStored(Subject stored, ClusterState cluster) => Policy.Covers(stored.Target!, cluster) is not false && FindController(stored) is null;

    private Exemption? FindExemption(Subject subject)
    {
        foreach (var exemption in Exemptions)
        {
            if (exemption.Covers(Active.Rule, subject.Target!, subject.Time, Policy.MaxExemptionLifetime))
                return exemption;
        }

        return null;
    }

    private KnownController? FindController(Subject subject)
    {
        foreach (var controller in Policy.KnownControllers)
        {
            if (controller.Excuses(Active.Rule, subject))
                return controller;
        }

        return null;
    }
}
