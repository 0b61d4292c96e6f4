using System.Text.Json.Nodes;

namespace AdmissionWebhook.EndToEnd.Tests.Installation;

/// <summary>A control plane that records what the webhook asks of it. It knows no streaming lists, as older ones: newer ones need be asked for less.</summary>
public sealed class AuditedControlPlane : ControlPlane
{
    private string _log = "";

    protected override async Task<string[]> PrepareApiServerAsync(string folder)
    {
        _log = Path.Combine(folder, "audit.log");
        var policy = Path.Combine(folder, "audit.yaml");
        await File.WriteAllTextAsync(policy, $$"""
            apiVersion: audit.k8s.io/v1
            kind: Policy
            rules: [{level: Metadata, users: ["{{ServiceAccount}}"], omitStages: [ResponseStarted]}, {level: None}]
            """);
        return [$"--audit-policy-file={policy}", $"--audit-log-path={_log}", "--audit-log-mode=blocking", "--feature-gates=WatchList=false"];
    }

    protected override Task<string[]> PreparePoliciesAsync() => InstallPolicyAsync();

    /// <summary>What it has asked for so far, and whether that was permitted.</summary>
    internal async Task<ILookup<bool, Permission>> ReadRequestsAsync()
    {
        var requests = from line in await File.ReadAllLinesAsync(_log)
                       let request = JsonNode.Parse(line)!
                       let of = request["objectRef"]
                       where of?["resource"] is not null
                       select (
                           IsPermitted: (int?)request["responseStatus"]?["code"] != 403,
                           Permission: new Permission(
                               (string)request["verb"]!,
                               (string?)of["apiGroup"] ?? "",
                               (string?)of["subresource"] is { } part ? $"{of["resource"]}/{part}" : (string)of["resource"]!,
                               (string?)of["name"] ?? ""));
        return requests.ToLookup(request => request.IsPermitted, request => request.Permission);
    }
}
