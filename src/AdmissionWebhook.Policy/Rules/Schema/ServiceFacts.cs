using System.Text.Json;
using AdmissionWebhook.Policy.Evaluation;
using AdmissionWebhook.Policy.Values;

namespace AdmissionWebhook.Policy.Rules.Schema;

/// <summary>What the API server requires of a Service, besides types and forms (kubernetes, pkg/apis/core/validation).</summary>
internal static class ServiceFacts
{
    private const string None = "None";

    public static IEnumerable<Violation> Check(Field root)
    {
        var spec = root["spec"];
        var type = spec["type"].Text is { Length: > 0 } written ? written : "ClusterIP";
        var annotated = spec["loadBalancerSourceRanges"].Items.Count == 0
            ? CheckRanges(root["metadata"]["annotations"]["service.beta.kubernetes.io/load-balancer-source-ranges"], type) : [];
        return annotated.Concat(CheckPorts(spec, type)).Concat(CheckType(spec, type)).Concat(CheckAddresses(spec, type)).Concat(CheckTraffic(spec, type));
    }

    private static IEnumerable<Violation> CheckRanges(Field annotation, string type)
    {
        if (annotation.IsAbsent)
            yield break;
        if (type != "LoadBalancer")
            yield return new(annotation.At, $"must not be set, because type is {type}", "Remove it, or use type: LoadBalancer");

        foreach (var range in annotation.Text.Trim().Length == 0 || ObjectSchema.IsPlaceholder(annotation.Text) ? [] : annotation.Text.Split(','))
        {
            if (Forms.Fault("cidr", range) is { } fault)
                yield return new(annotation.At, $"{fault.Fault}, found \"{Printable.Shorten(range.Trim(), 80)}\"", fault.Remedy);
        }
    }

    private static IEnumerable<Violation> CheckPorts(Field spec, string type)
    {
        var ports = spec["ports"];
        var items = ports.Items;
        if (items.Count == 0 && (ports.IsAbsent || ports.Value.ValueKind == JsonValueKind.Array) && type != "ExternalName"
            && ClusterIPs(spec) is not [{ Text: None }, ..])
            yield return new(ports.At, "is required", "Add a port, or set clusterIP: None");

        var (names, numbers, nodePorts) = (new HashSet<string>(), new HashSet<(string, int)>(), new HashSet<(string, int)>());
        foreach (var port in items)
        {
            var protocol = port["protocol"].Text is { Length: > 0 } written ? written.ToUpperInvariant() : "TCP";
            if (port["name"].Text.Length > 0 && !names.Add(port["name"].Text))
                yield return new(port["name"].At, $"name \"{port["name"].Text}\" is already used by another port", "Give each port its own name");
            else if (items.Count > 1 && IsEmpty(port["name"]))
                yield return new(port["name"].At, "is required, because the Service has several ports", "Give each port a name");

            if (port["port"].IsAbsent)
                yield return new(port["port"].At, "is required", "Use a port number from 1 to 65535");
            else if (port["port"].Number != 0 && !numbers.Add((protocol, port["port"].Number)))
                yield return new(port.At, $"port {port["port"].Number}/{protocol} is already used by another port of the Service", "Remove one of them");

            if (port["nodePort"].Number != 0 && type == "ClusterIP")
                yield return new(port["nodePort"].At, "must not be set, because type is ClusterIP", "Remove it, or set type: NodePort");
            if (port["nodePort"].Number != 0 && !nodePorts.Add((protocol, port["nodePort"].Number)))
                yield return new(port["nodePort"].At, $"nodePort {port["nodePort"].Number}/{protocol} is already used by another port of the Service", "Use another one");
        }
    }

    private static IEnumerable<Violation> CheckType(Field spec, string type)
    {
        if (type == "ExternalName")
        {
            var name = spec["externalName"];
            if (IsEmpty(name))
                yield return new(name.At, "is required, because type is ExternalName", "Add a DNS name");
            else if (name.Text.Length > 0 && !ObjectSchema.IsPlaceholder(name.Text)
                && Forms.Fault("dns-name", name.Text.EndsWith('.') ? name.Text[..^1] : name.Text) is { } fault)
                yield return new(name.At, $"{fault.Fault}, found \"{Printable.Shorten(name.Text, 80)}\"", fault.Remedy);

            foreach (var field in new[] { spec["clusterIP"], spec["clusterIPs"], spec["ipFamilies"], spec["ipFamilyPolicy"] }.Where(field =>
                field.Text.Length > 0 || field.Items.Count > 0))
                yield return new(field.At, "must not be set, because type is ExternalName", "Remove it");
        }

        if (type is "LoadBalancer" or "NodePort" && ClusterIPs(spec) is [{ Text: None } headless, ..])
            yield return new(headless.At, $"must not be None, because type is {type}", "Remove it, or use type: ClusterIP");

        var ranges = spec["loadBalancerSourceRanges"];
        Field[] balancing = [spec["allocateLoadBalancerNodePorts"], spec["loadBalancerClass"]];
        if (type != "LoadBalancer")
        {
            foreach (var field in balancing.Where(field => !field.IsAbsent).Concat(ranges.Items.Count > 0 ? [ranges] : []))
                yield return new(field.At, $"must not be set, because type is {type}", "Remove it, or use type: LoadBalancer");
        }
    }

    private static IEnumerable<Violation> CheckAddresses(Field spec, string type)
    {
        var (first, all) = (spec["clusterIP"], spec["clusterIPs"].Items);
        if (type == "ExternalName")
            yield break;
        if (first.Text.Length > 0 && all.Count > 0 && all[0].Text != first.Text)
            yield return new(spec["clusterIPs"].At, $"must begin with clusterIP \"{first.Text}\", found \"{all[0].Text}\"", "Remove clusterIPs");
        if (all.Count > 0 && IsEmpty(first))
            yield return new(spec["clusterIPs"].At, "must not be set without clusterIP", $"Write clusterIP: {all[0].Text}");
        if (all.Count > 2)
            yield return new(spec["clusterIPs"].At, $"must not have more than 2 addresses, found {all.Count}", "Keep one of each IP family");
        if (all.Count > 1 && all[0].Text == None)
            yield return new(spec["clusterIPs"].At, "must not have None beside an address", "Remove one of them");

        var addresses = ClusterIPs(spec).Where(field => field.Text != None && field.Text.Length > 0
            && !ObjectSchema.IsPlaceholder(field.Text)).ToList();
        foreach (var field in addresses)
        {
            if (Forms.IpFault(field.Text) is { } fault)
                yield return new(field.At, $"{fault.Fault}, found \"{Printable.Shorten(field.Text, 80)}\"", fault.Remedy);
        }

        if (addresses.Count == 2 && addresses.Select(field => IpAddresses.Read(field.Text)?.AddressFamily).Distinct().Count() == 1)
            yield return new(spec["clusterIPs"].At, "must have at most one address of each IP family", "Remove one of them");

        var families = spec["ipFamilies"].Items;
        var seen = new HashSet<string>();
        foreach (var field in families)
        {
            if (!seen.Add(field.Text))
                yield return new(field.At, $"family \"{field.Text}\" must not be set twice", "Remove it");
        }

        var isSingle = spec["ipFamilyPolicy"].Text == "SingleStack"
            || (spec["ipFamilyPolicy"].IsAbsent && ClusterIPs(spec) is not [{ Text: None }, ..]);
        if (isSingle && (all.Count == 2 || families.Count == 2))
            yield return new(spec["ipFamilyPolicy"].At, "must be RequireDualStack or PreferDualStack, because the Service has two IP families", "Write PreferDualStack");
    }

    private static IEnumerable<Violation> CheckTraffic(Field spec, string type)
    {
        var policy = spec["externalTrafficPolicy"];
        var isReachable = type is "LoadBalancer" or "NodePort" || (type == "ClusterIP" && spec["externalIPs"].Items.Count > 0);
        if (policy.Text.Length > 0 && !isReachable)
            yield return new(policy.At, $"must not be set, because type is {type}", "Remove it, or use type: LoadBalancer or NodePort");

        var health = spec["healthCheckNodePort"];
        if (health.Number != 0 && (type != "LoadBalancer" || policy.Text != "Local"))
            yield return new(health.At, "must not be set without type LoadBalancer and externalTrafficPolicy Local", "Remove it");
        else if (health.Number != 0 && Forms.Fault("port", health.Number) is { } fault)
            yield return new(health.At, $"{fault.Fault}, found {health.Number}", fault.Remedy);
    }

    /// <summary>The addresses of clusterIPs, or the one of clusterIP.</summary>
    private static IReadOnlyList<Field> ClusterIPs(Field spec) => spec["clusterIPs"].Items is { Count: > 0 } all ? all : spec["clusterIP"].IsAbsent
        ? [] : [spec["clusterIP"]];

    /// <summary>A value of the wrong type has its own violation.</summary>
    private static bool IsEmpty(Field field) => field.IsAbsent || field is { Value.ValueKind: JsonValueKind.String, Text: "" };
}
