using System.Globalization;
using System.Text.Json.Nodes;
using AdmissionWebhook.Policy.Configuration;
using AdmissionWebhook.Policy.Configuration.Schemas;

namespace AdmissionWebhook.Server.Policies;

/// <summary>What the webhook tells of a policy or an exemption in its status.</summary>
internal static class PolicyStatus
{
    /// <summary>The status that an object should have.</summary>
    /// <param name="known">The object with the status that it has.</param>
    /// <param name="findings">What its policy finds; null where nothing has been counted yet.</param>
    /// <param name="now">When.</param>
    public static JsonObject Of(PolicyObject known, Findings? findings, DateTimeOffset now)
    {
        var status = new JsonObject
        {
            ["observedGeneration"] = known.Generation,
            ["conditions"] = new JsonArray(ConditionOf(known, now)),
        };
        if (known.Resource != CustomResource.Policies || known.InForce is not { } version)
            return status;

        status["findings"] = findings is null ? known.Status?["findings"]?.DeepClone() : findings.ToJson();
        status["rules"] = findings is null ? known.Status?["rules"]?.DeepClone() : findings.RulesToJson();
        if (version.Document.Spec.Length is > 0 and <= StatusSchema.LongestSpec)
            (status["acceptedSpec"], status["acceptedGeneration"]) = (version.Document.Spec, version.Generation);
        foreach (var absent in status.Where(member => member.Value is null).Select(member => member.Key).ToList())
            status.Remove(absent);
        return status;
    }

    private static JsonObject ConditionOf(PolicyObject known, DateTimeOffset now)
    {
        var (accepted, reason, message) = Judge(known, now);
        var status = accepted ? "True" : "False";
        var before = (known.Status?["conditions"] as JsonArray)?.OfType<JsonObject>().FirstOrDefault(condition => (string?)condition["type"] == "Accepted");
        return new()
        {
            ["type"] = "Accepted",
            ["status"] = status,
            ["observedGeneration"] = known.Generation,
            ["lastTransitionTime"] = (string?)before?["status"] == status ? (string?)before["lastTransitionTime"] : Instant(now),
            ["reason"] = reason,
            ["message"] = message.Length <= StatusSchema.LongestMessage ? message : message[..(StatusSchema.LongestMessage - 1)] + "…",
        };
    }

    private static (bool IsAccepted, string Reason, string Message) Judge(PolicyObject known, DateTimeOffset now)
    {
        var mistakes = string.Join('\n', known.Written.Mistakes);
        if (mistakes.Length > 0)
            return (false, "Invalid", known.InForce is { } last ? $"Generation {last.Generation}, the last one without mistakes, stays in force.\n{mistakes}" : $"It is not in force.\n{mistakes}");

        return known.Written.Document is not ExemptionDocument { ExpiresAt: { } end } ? (true, "Valid", "It is in force.")
            : end <= now ? (false, "Expired", $"It ended at {Instant(end)}.")
            : (true, "Valid", $"It ends at {Instant(end)}, or sooner where a policy says so.");
    }

    private static string Instant(DateTimeOffset time) => time.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture);
}
