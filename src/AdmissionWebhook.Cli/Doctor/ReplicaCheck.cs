using k8s;

namespace AdmissionWebhook.Cli.Doctor;

/// <summary>Whether enough replicas run, and one failure or drain cannot stop all of them.</summary>
internal static class ReplicaCheck
{
    private const string Name = "replicas";

    public static async IAsyncEnumerable<Diagnosis> RunAsync(Installation installation)
    {
        if (await installation.FindDeploymentAsync() is not { } deployment)
        {
            yield return new(Name, Health.Wrong, $"Deployment {installation.Namespace}/{Installation.Name} does not exist", "Install the webhook, or name its namespace: --namespace NS");
            yield break;
        }

        var wanted = deployment.Spec.Replicas ?? 1;
        var ready = deployment.Status?.ReadyReplicas ?? 0;
        yield return ready < wanted
            ? new(Name, Health.Wrong, $"{ready} of {wanted} replicas are ready", $"kubectl -n {installation.Namespace} describe pods -l app.kubernetes.io/name={Installation.Name}; /readyz?verbose of a pod shows what it waits for")
            : wanted < 2 ? new(Name, Health.Warning, $"The Deployment has {wanted} replica, so no replica answers while its node is drained", "Set replicas to 2 or more")
            : new(Name, Health.Ok, $"{ready} replicas are ready");

        var pods = await installation.CallAsync((api, cancellation) =>
            api.CoreV1.ListNamespacedPodAsync(installation.Namespace, labelSelector: $"app.kubernetes.io/name={Installation.Name}", cancellationToken: cancellation));
        var nodes = pods.Items.Select(pod => pod.Spec.NodeName).Where(node => !string.IsNullOrEmpty(node)).ToList();
        if (nodes.Count > 1)
        {
            yield return nodes.Distinct().Count() == 1
                ? new(Name, Health.Warning, $"All {nodes.Count} pods are on node {nodes[0]}", $"kubectl -n {installation.Namespace} rollout restart deployment {Installation.Name}, once another node has room")
                : new(Name, Health.Ok, $"The pods are on {nodes.Distinct().Count()} nodes");
        }

        if (wanted > 1)
        {
            yield return await installation.FindAsync((api, cancellation) => api.PolicyV1.ReadNamespacedPodDisruptionBudgetAsync(Installation.Name, installation.Namespace, cancellationToken: cancellation)) is null
                ? new(Name, Health.Warning, "The webhook has no PodDisruptionBudget, so a drain of nodes can stop all replicas at once", "Set podDisruptionBudget.enabled to true")
                : new(Name, Health.Ok, "A PodDisruptionBudget keeps a replica running while nodes are drained");
        }
    }
}
