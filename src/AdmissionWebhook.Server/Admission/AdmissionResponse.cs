using System.Buffers;
using System.Text.Encodings.Web;
using System.Text.Json;

namespace AdmissionWebhook.Server.Admission;

/// <summary>A decision in the form of an AdmissionReview response.</summary>
internal static class AdmissionResponse
{
    private const int MostCauses = 100;

    /// <summary>Quotes in messages stay readable for a user with curl.</summary>
    private static readonly JsonWriterOptions Options = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    public static void Write(IBufferWriter<byte> output, AdmissionRequest request, Decision decision, string policyRevision, string? answer, out int length)
    {
        using var json = new Utf8JsonWriter(output, Options);
        json.WriteStartObject();
        json.WriteString("apiVersion"u8, AdmissionReview.ApiVersion);
        json.WriteString("kind"u8, AdmissionReview.Kind);
        json.WriteStartObject("response"u8);
        json.WriteString("uid"u8, request.Uid);
        json.WriteBoolean("allowed"u8, decision.IsAllowed);
        if (!decision.IsAllowed)
            WriteStatus(json, request, [.. decision.Denials]);
        if (!decision.Patch.IsEmpty)
            WritePatch(json, decision.Patch);
        WriteWarnings(json, decision, answer);
        WriteAuditAnnotations(json, decision, policyRevision);
        json.WriteEndObject();
        json.WriteEndObject();
        json.Flush();
        length = (int)json.BytesCommitted;
    }

    /// <summary>
    /// kubectl prints the causes, one per line, if the reason is Invalid and the code is 422; other clients print the message.
    /// </summary>
    private static void WriteStatus(Utf8JsonWriter json, AdmissionRequest request, ImmutableArray<Finding> denials)
    {
        var told = denials.Length <= MostCauses ? denials : denials[..(MostCauses - 1)];
        var rest = denials.Length == told.Length ? null : $"{denials.Length - told.Length} more violations are not shown; fix these first";

        json.WriteStartObject("status"u8);
        json.WriteString("status"u8, "Failure"u8);
        json.WriteString("message"u8, string.Join('\n', told.Select(finding => finding.ToString()).Concat(rest is null ? [] : [rest])));
        json.WriteString("reason"u8, "Invalid"u8);
        json.WriteNumber("code"u8, 422);
        json.WriteStartObject("details"u8);
        json.WriteString("name"u8, request.Name);
        json.WriteString("group"u8, request.Group);
        json.WriteString("kind"u8, request.Kind);
        json.WriteStartArray("causes"u8);
        foreach (var finding in told)
            WriteCause(json, finding.Field.ToString(), $"{finding.Violation.Text} [{finding.Rule.Id}]");
        if (rest is not null)
            WriteCause(json, "…", rest);
        json.WriteEndArray();
        json.WriteEndObject();
        json.WriteEndObject();
    }

    private static void WriteCause(Utf8JsonWriter json, string field, string message)
    {
        json.WriteStartObject();
        json.WriteString("reason"u8, "FieldValueInvalid"u8);
        json.WriteString("message"u8, message);
        json.WriteString("field"u8, field);
        json.WriteEndObject();
    }

    private static void WritePatch(Utf8JsonWriter json, ImmutableArray<PatchOperation> operations)
    {
        var patch = new ArrayBufferWriter<byte>();
        using (var writer = new Utf8JsonWriter(patch))
        {
            writer.WriteStartArray();
            foreach (var operation in operations)
            {
                writer.WriteStartObject();
                writer.WriteString("op"u8, "add"u8);
                writer.WriteString("path"u8, operation.Field.ToPointer());
                writer.WritePropertyName("value"u8);
                operation.Value.WriteTo(writer);
                writer.WriteEndObject();
            }

            writer.WriteEndArray();
        }

        json.WriteString("patchType"u8, "JSONPatch"u8);
        json.WriteBase64String("patch"u8, patch.WrittenSpan);
    }

    private static void WriteWarnings(Utf8JsonWriter json, Decision decision, string? answer)
    {
        if (answer is null && !decision.Findings.Any(finding => finding.IsWarning))
            return;

        json.WriteStartArray("warnings"u8);
        if (answer is not null)
            json.WriteStringValue(answer);
        foreach (var warning in decision.Warnings)
            json.WriteStringValue(warning);
        json.WriteEndArray();
    }

    /// <summary>The API server writes them into its own audit log, each key after the name of the webhook.</summary>
    private static void WriteAuditAnnotations(Utf8JsonWriter json, Decision decision, string policyRevision)
    {
        json.WriteStartObject("auditAnnotations"u8);
        if (!decision.Findings.IsEmpty)
        {
            WriteRules(json, "denied-by", decision.Denials);
            WriteRules(json, "warned-by", decision.Findings.Where(finding => finding.IsWarning));
        }

        json.WriteString("policy-revision"u8, policyRevision);
        json.WriteEndObject();
    }

    private static void WriteRules(Utf8JsonWriter json, string key, IEnumerable<Finding> findings)
    {
        var rules = string.Join(',', findings.Select(finding => finding.Rule.Id).Distinct());
        if (rules.Length > 0)
            json.WriteString(key, rules);
    }
}
