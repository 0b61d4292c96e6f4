using AdmissionWebhook.Policy.Configuration;
using AdmissionWebhook.Policy.State;

namespace AdmissionWebhook.Policy.Evaluation;

/// <summary>What can exempt an object from a rule of a policy.</summary>
internal readonly record struct ExemptionCheck(TrafficPolicy Policy, ActiveRule Active, ImmutableArray<Exemption> Exemptions)
{
    /// <summary>The first exemption, as shown to people; null if there is none.</summary>
    public string? Find(Subject subject) =>
        FindExemption(subject) is { } exemption ? $"{exemption.Namespace}/{exemption.Name}"
        : Policy.Exempt.Covers(subject.User) || Active.Exempt.Covers(subject.User) ? $"user {subject.User.Name}"
        : FindController(subject)?.Name;

    /// <summary>
    /// Whether the policy applies to a stored object, regardless of exemptions and exempt users.
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
