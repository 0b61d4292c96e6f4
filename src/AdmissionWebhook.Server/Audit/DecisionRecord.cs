using System.Text.Json;
using AdmissionWebhook.Server.Admission;

namespace AdmissionWebhook.Server.Audit;

/// <summary>The request and the reasons of its answer.</summary>
internal sealed record DecisionRecord(
    DateTimeOffset Time, AdmissionPhase Phase, AdmissionRequest Request, Decision Decision, string PolicyRevision, TimeSpan Duration)
{
    /// <summary>
    /// People and log stores read a line, and both have limits; the counts hold the full numbers. Some stores cut or drop lines of more than
    /// 64 KiB.
    /// </summary>
    public const int LongestLine = 64 * 1024;

    private const int MostListed = 100;

    /// <summary>Bytes of a name, of a message, and of all groups together.</summary>
    private const int Name = 1024, Message = 4096, Groups = 8 * 1024;

    /// <summary>Bytes around the texts of a record, of a finding, and of an entry of a list.</summary>
    private const int AroundRecord = 1024, AroundFinding = 160, AroundText = 4;

    /// <summary>Bytes that findings leave for the patched fields.</summary>
    private const int KeptForPatch = 8 * 1024;

    /// <summary>The approximate memory of a waiting record, in bytes.</summary>
    public int Weight
    {
        get
        {
            var characters = Request.Characters + Request.User.Name.Length;
            foreach (var group in Request.User.Groups)
                characters += group.Length + 16;
            foreach (var finding in Decision.Findings)
                characters += finding.Violation.Message.Length + finding.Violation.Remedy.Length + (finding.Violation.Value?.Length ?? 0) + 100;
            return 500 + (2 * characters) + (200 * Decision.Patch.Length);
        }
    }

    /// <summary>Whether the caller no longer waited for the answer, so failurePolicy decided.</summary>
    public bool IsUndelivered { get; init; }

    /// <summary>The first that applies: undelivered, denied, warned, exempted or allowed.</summary>
    public string Verdict => IsUndelivered ? "undelivered"
        : !Decision.IsAllowed ? "denied"
        : Decision.Findings.Any(finding => finding.IsWarning) ? "warned"
        : Decision.Findings.Any(finding => finding.Status == FindingStatus.Exempted) ? "exempted"
        : "allowed";

    public void WriteTo(Utf8JsonWriter json)
    {
        var budget = new LineBudget(LongestLine - AroundRecord);
        json.WriteStartObject();
        json.WriteString("time"u8, Time);
        json.WriteString("uid"u8, budget.Take(Request.Uid, Name));
        json.WriteString("phase"u8, Phase == AdmissionPhase.Mutating ? "mutating"u8 : "validating"u8);
        json.WriteString("operation"u8, budget.Take(Request.Operation, Name));
        json.WriteString("apiVersion"u8, budget.Take(Request.ApiVersion, Name));
        json.WriteString("kind"u8, budget.Take(Request.Kind, Name));
        json.WriteString("namespace"u8, budget.Take(Request.Namespace, Name));
        json.WriteString("name"u8, budget.Take(Request.Name, Name));
        json.WriteString("user"u8, budget.Take(Request.User.Name, Name));
        WriteGroups(json, ref budget);
        json.WriteBoolean("dryRun"u8, Request.IsDryRun);
        json.WriteString("verdict"u8, Verdict);
        WriteFindings(json, ref budget);
        WritePatch(json, ref budget);
        json.WriteNumber("groupCount"u8, Request.User.Groups.Length);
        json.WriteNumber("findingCount"u8, Decision.Findings.Length);
        json.WriteNumber("patchCount"u8, Decision.Patch.Length);
        json.WriteString("policyRevision"u8, PolicyRevision);
        json.WriteNumber("durationMs"u8, Math.Round(Duration.TotalMilliseconds, 3));
        json.WriteEndObject();
    }

    private void WriteGroups(Utf8JsonWriter json, ref LineBudget budget)
    {
        json.WriteStartArray("groups"u8);
        var end = budget.Left - Groups;
        foreach (var group in Request.User.Groups)
        {
            if (budget.Left - Name - AroundText < end)
                break;

            json.WriteStringValue(budget.Take(group, Name));
            budget.TryTake(AroundText);
        }

        json.WriteEndArray();
    }

    private void WriteFindings(Utf8JsonWriter json, ref LineBudget budget)
    {
        json.WriteStartArray("findings"u8);
        foreach (var finding in Decision.Findings.AsSpan()[..Math.Min(Decision.Findings.Length, MostListed)])
        {
            // One more of the largest must fit.
            if (budget.Left - KeptForPatch < Message + (4 * Name) + AroundFinding)
                break;

            WriteFinding(json, finding, ref budget);
        }

        json.WriteEndArray();
    }

    private void WritePatch(Utf8JsonWriter json, ref LineBudget budget)
    {
        json.WriteStartArray("patch"u8);
        foreach (var operation in Decision.Patch.AsSpan()[..Math.Min(Decision.Patch.Length, MostListed)])
        {
            if (budget.Left < Name + AroundText)
                break;

            json.WriteStringValue(budget.Take(operation.Field.ToPointer(), Name));
            budget.TryTake(AroundText);
        }

        json.WriteEndArray();
    }

    private static void WriteFinding(Utf8JsonWriter json, Finding finding, ref LineBudget budget)
    {
        json.WriteStartObject();
        json.WriteString("rule"u8, budget.Take(finding.Rule.Id, Name));
        json.WriteString("enforcement"u8, finding.Enforcement.ToString());
        json.WriteString("status"u8, finding.Status.ToString().ToLowerInvariant());
        json.WriteString("field"u8, budget.Take(finding.Field.ToString(), Name));
        json.WriteString("message"u8, budget.Take(finding.Violation.Text, Message));
        if (finding.Exemption is { } exemption)
            json.WriteString("exemption"u8, budget.Take(exemption, Name));
        json.WriteEndObject();
        budget.TryTake(AroundFinding);
    }
}
