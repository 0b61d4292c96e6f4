using System.Text.Json.Nodes;

namespace AdmissionWebhook.EndToEnd.Tests.Attacks;

/// <summary>A control plane with three replicas of the webhook, each of which answers for one namespace's Ingresses, so that the requests of two namespaces never meet in one of them.</summary>
public sealed class ReplicatedControlPlane : ControlPlane
{
    /// <summary>The namespace of each replica.</summary>
    public static IReadOnlyList<string> Teams { get; } = ["team-0", "team-1", "team-2"];

    protected override Task<string[]> PreparePoliciesAsync() => InstallPolicyAsync();

    protected override async Task InstallAsync(TestCertificates certificates)
    {
        await base.InstallAsync(certificates);
        int[] ports = [Validate.Port, await StartReplicaAsync(), await StartReplicaAsync()];
        foreach (var team in Teams)
        {
            await KubectlAsync("", "create", "namespace", team);
            await KubectlAsync("", "create", "service", "clusterip", "web", "--tcp=80", $"--namespace={team}");
        }

        var configuration = JsonNode.Parse(await KubectlAsync("", "get", "validatingwebhookconfiguration", "admission-webhook", "-o=json"))!;
        var entries = configuration["webhooks"]!.AsArray();
        var ingresses = entries.Single(entry => (string?)entry!["name"] == "ingresses.admissionwebhook.dev")!;
        entries.Remove(ingresses);
        for (var i = 0; i < ports.Length; i++)
        {
            var entry = ingresses.DeepClone();
            entry["name"] = $"replica-{i}.admissionwebhook.dev";
            entry["clientConfig"]!["url"] = $"https://127.0.0.1:{ports[i]}/validate";
            entry["matchConditions"] = new JsonArray(new JsonObject { ["name"] = "its-namespace", ["expression"] = i == 0 ? "!has(request.namespace) || !(request.namespace in ['team-1', 'team-2'])" : $"has(request.namespace) && request.namespace == '{Teams[i]}'" });
            entries.Add(entry);
        }

        await KubectlAsync(configuration.ToJsonString(), "replace", "-f", "-");
        await UntilAsync("the API servers call each replica", async () => (await Task.WhenAll(Teams.Select(IsAskedAsync))).All(isAsked => isAsked));
    }

    private async Task<bool> IsAskedAsync(string team) => (await TryKubectlAsync(
        $"{{apiVersion: networking.k8s.io/v1, kind: Ingress, metadata: {{name: admission-webhook-probe, namespace: {team}}}, spec: {{defaultBackend: {{service: {{name: web, port: {{number: 80}}}}}}}}}}",
        "create", "--dry-run=server", "-f", "-")).Output.Contains("answered by admission-webhook (validating)", StringComparison.Ordinal);
}
