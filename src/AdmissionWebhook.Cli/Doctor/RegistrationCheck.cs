namespace AdmissionWebhook.Cli.Doctor;

/// <summary>Whether the API server asks the webhook, and cannot be hurt by it.</summary>
internal static class RegistrationCheck
{
    private const string Name = "registration";
    private const string Reinstall = "Install it again: helm upgrade, or kubectl apply --server-side -k config/default";

    /// <summary>Every write of an object that the webhook is asked about waits as long where it does not answer; leases of controllers last fifteen seconds.</summary>
    private const int LongestWait = 5;

    public static async IAsyncEnumerable<Diagnosis> RunAsync(Installation installation)
    {
        foreach (var registration in await Registration.ReadAllAsync(installation))
        {
            if (registration.Entries is not { Count: > 0 } entries)
            {
                yield return new(Name, Health.Wrong, $"There is no {registration.Kind} {Installation.Name}: the API server asks nobody", Reinstall);
                continue;
            }

            var faults = entries.SelectMany(entry => FaultsOf(entry, installation)).ToList();
            foreach (var fault in faults)
                yield return fault;
            if (faults.Count == 0)
                yield return new(Name, Health.Ok, $"{registration.Kind} has {string.Join(", ", entries.Select(entry => $"{entry.Name} ({(entry.Fails ? "Fail" : "Ignore")})"))}");
        }
    }

    private static IEnumerable<Diagnosis> FaultsOf(RegisteredEntry entry, Installation installation)
    {
        if (!entry.HasBundle)
            yield return new(Name, Health.Wrong, $"{entry.Name} has no caBundle: the API server trusts no certificate", "The replicas or cert-manager write it; see replicas and permissions below, and the log");
        if (!entry.AllowsDryRuns)
            yield return new(Name, Health.Wrong, $"{entry.Name} does not say that it has no side effects: dry runs are refused", Reinstall);
        if (!entry.MatchesOtherVersions)
            yield return new(Name, Health.Warning, $"{entry.Name} is asked about one version of each kind alone", "Set its matchPolicy to Equivalent");
        if (entry.TimeoutSeconds > LongestWait)
            yield return new(Name, Health.Warning, $"{entry.Name} holds requests up for {entry.TimeoutSeconds} s where nobody answers", $"Set webhook.timeoutSeconds to {LongestWait} or less");
        foreach (var space in new[] { "kube-system", installation.Namespace }.Where(space => entry.Fails && !entry.Excludes(space)))
            yield return new(Name, Health.Warning, $"{entry.Name} is asked about namespace {space}, so an outage can keep itself up", Reinstall);
        if (entry.Fails && entry.Judges("services", "CREATE") && !entry.HasCondition("opens-the-cluster"))
            yield return new(Name, Health.Warning, $"{entry.Name} refuses every Service while nobody answers, those of other add-ons too", "Set webhook.plainServices.failurePolicy to Ignore");
        if (!entry.Fails && entry.HasCondition("opens-the-cluster"))
            yield return new(Name, Health.Warning, $"{entry.Name} lets Services with node ports and external addresses in while nobody answers", "Set webhook.services.failurePolicy to Fail");
        if (entry.Fails && (entry.Judges("services", "DELETE") || entry.Judges("ingresses", "DELETE")))
            yield return new(Name, Health.Warning, $"{entry.Name} refuses deletions while nobody answers, so no namespace can go", "Set webhook.deletion.failurePolicy to Ignore");
        if (!entry.Target.StartsWith("https:", StringComparison.Ordinal) && entry.Target != $"{installation.Namespace}/{Installation.Name}")
            yield return new(Name, Health.Wrong, $"{entry.Name} leads to {entry.Target}, not to {installation.Namespace}/{Installation.Name}", $"If it is installed there: --namespace {entry.Target.Split('/')[0]}");
    }
}
