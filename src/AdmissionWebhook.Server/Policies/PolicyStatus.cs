using System.Globalization;
using System.Text.Json.Nodes;
using AdmissionWebhook.Policy.Configuration.Schemas;

namespace AdmissionWebhook.Server.Policies;

/// <summary>The status of a policy or an exemption, which the webhook writes.</summary>
internal static class PolicyStatus
{
    /// <summary>The status that an object should have.</summary>
    /// <param name="known">The object with its current status.</param>
    /// <param name="findings">The findings of its policy; null before the first count.</param>
    /// <param name="now">The current time.</param>
    public static JsonObject Of(PolicyObject known, Findings? findings, DateTimeOffset now)
    {
        var status = new JsonObject
        {
            ["observedGeneration"] = known.Generation,
            ["conditions"] = new JsonArray(ConditionOf(known, now)),
        };
        if (known.Resource != CustomResource.Policies)
            return status;

        if (known.InForce is not { } version)
        {
            // A spec that is invalid for this release can be valid for the release after a rollback.
            Keep("acceptedSpec", "acceptedGeneration");
            return status;
        }

        if (findings is null)
            Keep("findings", "rules");
        else
            (status["findings"], status["rules"]) = (findings.ToJson(), findings.RulesToJson());
        if (version.Document.Spec.Length is > 0 and <= StatusSchema.LongestSpec)
            (status["acceptedSpec"], status["acceptedGeneration"]) = (version.Document.Spec, version.Generation);
        return status;

        void Keep(params ReadOnlySpan<string> names)
        {
            foreach (var name in names)
            {
                if (known.Status?[name] is { } told)
                    status[name] = told.DeepClone();
            }
        }
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
            ["message"] = message.Length <= StatusSchema.LongestMessage ? message : Printable.Shorten(message, StatusSchema.LongestMessage - 1),
        };
    }

    private static (bool IsAccepted, string Reason, string Message) Judge(PolicyObject known, DateTimeOffset now)
    {
        var mistakes = string.Join('\n', known.Written.Mistakes);
        if (mistakes.Length > 0)
            return (false, "Invalid", known.InForce is { } last ? $"Generation {last.Generation}, the last one without errors, stays in force.\n{mistakes}" : $"It is not in force.\n{mistakes}");

        return known.Written.Document is not ExemptionDocument { ExpiresAt: { } end } ? (true, "Valid", "It is in force.")
            : end <= now ? (false, "Expired", $"It ended at {Instant(end)}.")
            : (true, "Valid", $"It ends at {Instant(end)}, or earlier if a policy limits it.");
    }

    private static string Instant(DateTimeOffset time) => time.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture);
}
