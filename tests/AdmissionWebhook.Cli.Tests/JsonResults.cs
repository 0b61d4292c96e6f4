using System.Text.Json.Nodes;

namespace AdmissionWebhook.Cli.Tests;

/// <summary>Reads the JSON report of a run.</summary>
internal static class JsonResults
{
    public static JsonArray Results(this Run run) => (JsonArray)JsonNode.Parse(run.Output)!["results"]!;

    public static JsonNode[] Findings(this Run run) =>
        [.. run.Results().SelectMany(result => (JsonArray)result!["findings"]!).Select(finding => finding!)];

    /// <summary>The rules that found something, those that could not tell left out.</summary>
    public static string[] Violated(this Run run) =>
        [.. from finding in run.Findings() where Text(finding["status"]) == "violated" select Text(finding["rule"])];

    public static string Text(JsonNode? node) => node!.GetValue<string>();
}
