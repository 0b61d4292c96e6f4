using System.Text.Json;
using AdmissionWebhook.Policy.Evaluation;
using AdmissionWebhook.Policy.Kinds;

namespace AdmissionWebhook.Policy.Rules.Schema;

/// <summary>What the API server requires of an Ingress, besides types and forms (kubernetes, pkg/apis/networking/validation).</summary>
internal static class IngressFacts
{
    private static readonly ImmutableArray<string> Sequences = ["//", "/./", "/../", "%2f", "%2F"];
    private static readonly ImmutableArray<string> Endings = ["/..", "/."];

    public static IEnumerable<Violation> Check(Field root, Operation operation)
    {
        var spec = root["spec"];
        if (spec["rules"].Items.Count == 0 && spec["defaultBackend"].IsAbsent)
            yield return new(spec.At, "rules or defaultBackend is required", "Add a rule");

        var annotation = root["metadata"]["annotations"][Ingress.ClassAnnotation];
        if (operation == Operation.Create && !annotation.IsAbsent && !spec["ingressClassName"].IsAbsent
            && annotation.Text != spec["ingressClassName"].Text)
            yield return new(annotation.At, $"must match ingressClassName \"{spec["ingressClassName"].Text}\", found \"{annotation.Text}\"", "Remove the annotation");

        var backends = spec["defaultBackend"].IsAbsent ? [] : CheckBackend(spec["defaultBackend"]);
        foreach (var violation in backends.Concat(spec["rules"].Items.SelectMany(CheckRule)))
            yield return violation;
    }

    private static IEnumerable<Violation> CheckRule(Field rule)
    {
        var paths = rule["http"]["paths"];
        if (rule["http"].IsAbsent)
            yield break;
        if (paths.Items.Count == 0)
            yield return new(paths.At, "must have at least one path", "Add a path, or remove http");

        foreach (var path in paths.Items)
        {
            if (path["pathType"].IsAbsent)
                yield return new(path["pathType"].At, "is required", "Write Prefix, Exact or ImplementationSpecific");
            else if (PathFault(path["path"], path["pathType"].Text) is { } fault)
                yield return fault;
            foreach (var violation in CheckBackend(path["backend"]))
                yield return violation;
        }
    }

    private static Violation? PathFault(Field path, string type)
    {
        var text = path.Text;
        if (ObjectSchema.IsPlaceholder(text) || (type == "ImplementationSpecific" && text.Length == 0)
            || type is not ("Exact" or "Prefix" or "ImplementationSpecific"))
            return null;
        if (!text.StartsWith('/'))
            return new(path.At, text.Length == 0 ? $"is required by pathType {type}"
                : $"path \"{Printable.Shorten(text, 80)}\" must begin with /", $"Write /{Printable.Shorten(text, 80)}");
        if (type == "ImplementationSpecific")
            return null;

        var wrong = Sequences.FirstOrDefault(sequence => text.Contains(sequence, StringComparison.Ordinal))
            ?? Endings.FirstOrDefault(ending => text.EndsWith(ending, StringComparison.Ordinal));
        return wrong is null ? null
            : new(path.At, $"path \"{Printable.Shorten(text, 80)}\" must not contain \"{wrong}\"", "Write the path as clients request it");
    }

    private static IEnumerable<Violation> CheckBackend(Field backend)
    {
        var (service, resource) = (backend["service"], backend["resource"]);
        if (!service.IsAbsent && !resource.IsAbsent)
        {
            yield return new(backend.At, "must not have both service and resource", "Remove one of them");
            yield break;
        }

        // Fields of the old version have their own violations.
        if (service.IsAbsent && resource.IsAbsent && backend["serviceName"].IsAbsent)
            yield return new(backend.At, "service or resource is required", "Write service: {name: web, port: {number: 80}}");

        var required = resource.IsAbsent ? new[] { service["name"] } : [resource["kind"], resource["name"]];
        foreach (var missing in required.Where(field => (!service.IsAbsent || !resource.IsAbsent) && field.IsAbsent
            || field.Value.ValueKind == JsonValueKind.String && field.Text.Length == 0))
            yield return new(missing.At, "is required", "Add it");
        if (service.Value.ValueKind != JsonValueKind.Object)
            yield break;

        var port = service["port"];
        var (hasName, hasNumber) = (port["name"].Text.Length > 0, port["number"].Number != 0);
        if (hasName && hasNumber)
            yield return new(port.At, $"must not have both name \"{port["name"].Text}\" and number {port["number"].Number}", $"Write {{number: {port["number"].Number}}} or {{name: {port["name"].Text}}}");
        else if (!hasName && !hasNumber
            && (port.IsAbsent || (port.Value.ValueKind == JsonValueKind.Object && IsEmpty(port["name"]) && IsEmpty(port["number"]))))
            yield return new(port.At, "name or number is required", "Write {number: 80}");
    }

    /// <summary>A value of the wrong type has its own violation.</summary>
    private static bool IsEmpty(Field field) => field.IsAbsent || field is { Value.ValueKind: JsonValueKind.String, Text: "" }
        || field.Value.ValueKind == JsonValueKind.Number;
}
