namespace AdmissionWebhook.Cli.Doctor;

/// <summary>Whether there are enough replicas, and nothing takes all of them at once.</summary>
internal static class ReplicaCheck
{
    private const string Name = "replicas";

    public static async IAsyncEnumerable<Diagnosis> RunAsync(Installation installation)
    {
        if (await installation.GetOwnAsync("apis/apps/v1", "deployments") is not { } deployment)
        {
            yield return new(Name, Health.Wrong, $"There is no Deployment {installation.Namespace}/{Installation.Name}", "Install it, or say where it is: --namespace NS");
            yield break;
        }

        var wanted = (int?)deployment["spec"]?["replicas"] ?? 1;
        var ready = (int?)deployment["status"]?["readyReplicas"] ?? 0;
        yield return ready < wanted
            ? new(Name, Health.Wrong, $"{ready} of {wanted} replicas are ready", $"kubectl -n {installation.Namespace} describe pods -l app.kubernetes.io/name={Installation.Name}; /readyz?verbose of a pod says what it waits for")
            : wanted < 2 ? new(Name, Health.Warning, $"There is room for {wanted} replica, so nobody answers while its node is drained", "Set replicas to 2 or more")
            : new(Name, Health.Ok, $"{ready} replicas are ready");

        var pods = await installation.ListAsync($"api/v1/namespaces/{installation.Namespace}/pods");
        var nodes = pods.Where(pod => (string?)pod["metadata"]?["labels"]?["app.kubernetes.io/name"] == Installation.Name).Select(pod => (string?)pod["spec"]?["nodeName"]).OfType<string>().ToList();
        if (nodes.Count > 1)
        {
            yield return nodes.Distinct().Count() == 1
                ? new(Name, Health.Warning, $"All {nodes.Count} pods are on the node {nodes[0]}", $"kubectl -n {installation.Namespace} rollout restart deployment {Installation.Name}, once there is room on another node")
                : new(Name, Health.Ok, $"The pods are on {nodes.Distinct().Count()} nodes");
        }

        if (wanted > 1)
        {
            yield return await installation.GetOwnAsync("apis/policy/v1", "poddisruptionbudgets") is null
                ? new(Name, Health.Warning, "There is no PodDisruptionBudget, so draining nodes can take all replicas at once", "Set podDisruptionBudget.enabled")
                : new(Name, Health.Ok, "A PodDisruptionBudget keeps a replica while nodes are drained");
        }
    }
}
