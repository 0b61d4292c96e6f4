using System.Text.Json;
using AdmissionWebhook.Policy.Evaluation;
using AdmissionWebhook.Server.Admission;

namespace AdmissionWebhook.Server.Audit;

/// <summary>Who asked what, and what the answer rests on.</summary>
internal sealed record DecisionRecord(
    DateTimeOffset Time, AdmissionPhase Phase, AdmissionRequest Request, Decision Decision, string PolicyRevision, TimeSpan Duration)
{
    /// <summary>A line is for people and for log stores, and both have limits; the counts tell how much there was.</summary>
    private const int MostListed = 100;

    /// <summary>Whether nobody waited for the answer any more, so that the failure policy of the webhook decided.</summary>
    public bool IsUndelivered { get; init; }

    /// <summary>undelivered, denied, warned, exempted or allowed: the first of them that holds.</summary>
    public string Verdict => IsUndelivered ? "undelivered"
        : !Decision.IsAllowed ? "denied"
        : Decision.Findings.Any(finding => finding.IsWarning) ? "warned"
        : Decision.Findings.Any(finding => finding.Status == FindingStatus.Exempted) ? "exempted"
        : "allowed";

    public void WriteTo(Utf8JsonWriter json)
    {
        json.WriteStartObject();
        json.WriteString("time"u8, Time);
        json.WriteString("uid"u8, Request.Uid);
        json.WriteString("phase"u8, Phase == AdmissionPhase.Mutating ? "mutating"u8 : "validating"u8);
        json.WriteString("operation"u8, Request.Operation);
        json.WriteString("apiVersion"u8, Request.ApiVersion);
        json.WriteString("kind"u8, Request.Kind);
        json.WriteString("namespace"u8, Request.Namespace);
        json.WriteString("name"u8, Request.Name);
        json.WriteString("user"u8, Request.User.Name);
        json.WriteStartArray("groups"u8);
        foreach (var group in Request.User.Groups)
            json.WriteStringValue(group);
        json.WriteEndArray();
        json.WriteBoolean("dryRun"u8, Request.IsDryRun);
        json.WriteString("verdict"u8, Verdict);
        json.WriteStartArray("findings"u8);
        foreach (var finding in Decision.Findings.AsSpan()[..Math.Min(Decision.Findings.Length, MostListed)])
            WriteFinding(json, finding);
        json.WriteEndArray();
        json.WriteStartArray("patch"u8);
        foreach (var operation in Decision.Patch.AsSpan()[..Math.Min(Decision.Patch.Length, MostListed)])
            json.WriteStringValue(operation.Field.ToPointer());
        json.WriteEndArray();
        json.WriteNumber("findingCount"u8, Decision.Findings.Length);
        json.WriteNumber("patchCount"u8, Decision.Patch.Length);
        json.WriteString("policyRevision"u8, PolicyRevision);
        json.WriteNumber("durationMs"u8, Math.Round(Duration.TotalMilliseconds, 3));
        json.WriteEndObject();
    }

    private static void WriteFinding(Utf8JsonWriter json, Finding finding)
    {
        json.WriteStartObject();
        json.WriteString("rule"u8, finding.Rule.Id);
        json.WriteString("enforcement"u8, finding.Enforcement.ToString());
        json.WriteString("status"u8, finding.Status.ToString().ToLowerInvariant());
        json.WriteString("field"u8, finding.Field.ToString());
        json.WriteString("message"u8, finding.Violation.Text);
        if (finding.Exemption is { } exemption)
            json.WriteString("exemption"u8, exemption);
        json.WriteEndObject();
    }
}
