namespace AdmissionWebhook.Cli.Doctor;

/// <summary>Whether the API server calls the webhook, and the registration cannot harm the cluster.</summary>
internal static class RegistrationCheck
{
    private const string Name = "registration";
    private const string Reinstall = "Install the webhook again: helm upgrade, or kubectl apply --server-side -k config/default";

    /// <summary>During an outage every write of a covered object waits so long; leases of controllers last fifteen seconds.</summary>
    private const int LongestWait = 5;

    public static async IAsyncEnumerable<Diagnosis> RunAsync(Installation installation)
    {
        foreach (var registration in await Registration.ReadAllAsync(installation))
        {
            if (registration.Entries is not { Count: > 0 } entries)
            {
                yield return new(Name, Health.Wrong, $"{registration.Kind} {Installation.Name} does not exist: the API server does not call the webhook", Reinstall);
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
            yield return new(Name, Health.Wrong, $"{entry.Name} has no caBundle: the API server trusts no certificate of the webhook", "The replicas or cert-manager write it; see replicas and permissions below, and the log");
        if (!entry.AllowsDryRuns)
            yield return new(Name, Health.Wrong, $"{entry.Name} must declare sideEffects None or NoneOnDryRun: the API server denies dry runs", Reinstall);
        if (!entry.MatchesOtherVersions)
            yield return new(Name, Health.Warning, $"The API server calls {entry.Name} for one version of each kind only", "Set its matchPolicy to Equivalent");
        if (entry.TimeoutSeconds > LongestWait)
            yield return new(Name, Health.Warning, $"{entry.Name} delays requests for {entry.TimeoutSeconds} s while no replica answers", $"Set webhook.timeoutSeconds to {LongestWait} or less");
        foreach (var @namespace in new[] { "kube-system", installation.Namespace }.Where(@namespace => entry.Fails && !entry.Excludes(@namespace)))
            yield return new(Name, Health.Warning, $"{entry.Name} covers namespace \"{@namespace}\", so an outage can prevent its own repair", Reinstall);
        if (entry.Fails && entry.Judges("services", "CREATE") && !entry.HasCondition("opens-the-cluster"))
            yield return new(Name, Health.Warning, $"{entry.Name} denies every Service while no replica answers, Services of other add-ons too", "Set webhook.plainServices.failurePolicy to Ignore");
        if (!entry.Fails && entry.HasCondition("opens-the-cluster"))
            yield return new(Name, Health.Warning, $"{entry.Name} allows Services with node ports and external addresses while no replica answers", "Set webhook.services.failurePolicy to Fail");
        if (entry.Fails && (entry.Judges("services", "DELETE") || entry.Judges("ingresses", "DELETE")))
            yield return new(Name, Health.Warning, $"{entry.Name} denies deletions while no replica answers, so no one can delete a namespace", "Set webhook.deletion.failurePolicy to Ignore");
        if (!entry.Target.StartsWith("https:", StringComparison.Ordinal) && entry.Target != $"{installation.Namespace}/{Installation.Name}")
            yield return new(Name, Health.Wrong, $"{entry.Name} calls {entry.Target}, not {installation.Namespace}/{Installation.Name}", $"If the webhook is installed there, add --namespace {entry.Target.Split('/')[0]}");
    }
}
