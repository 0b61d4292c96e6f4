using System.Text.Json.Nodes;
using AdmissionWebhook.Policy.Configuration;
using AdmissionWebhook.Policy.Evaluation;
using AdmissionWebhook.Policy.Kinds;
using AdmissionWebhook.Policy.Manifests;
using AdmissionWebhook.Policy.State;
using AdmissionWebhook.TestSupport;

namespace AdmissionWebhook.Generator;

/// <summary>A labelled case from a peer's own tests, and the rules of ours that judge what its policy judges.</summary>
public sealed record PeerCase(Decision Decision, bool ExpectsDenial, string? KnownDifference)
{
    public static string Corpus { get; } = Repository.PathOf("..", "shared", "corpus");

    public static string Mappings { get; } = Repository.PathOf("tests", "AdmissionWebhook.Policy.Tests", "PeerCases");

    public static bool IsPresent => Directory.Exists(Corpus);

    public static IEnumerable<string> Policies => IsPresent
        ? Directory.EnumerateDirectories(Corpus).SelectMany(Directory.EnumerateDirectories).Select(folder => Path.GetRelativePath(Corpus, folder)).Order(StringComparer.Ordinal)
        : [];

    public static IEnumerable<string> Mapped =>
        from policy in Policies
        where File.Exists(MappingOf(policy))
        from folder in Directory.EnumerateDirectories(Path.Combine(Corpus, policy)).Order(StringComparer.Ordinal)
        select Path.GetRelativePath(Corpus, folder);

    public static string MappingOf(string policy) => Path.Combine(Mappings, $"{policy.Replace('/', '.')}.yaml");

    public static PeerCase Judge(string folder)
    {
        var label = JsonNode.Parse(File.ReadAllText(Path.Combine(Corpus, folder, "case.json")))!;
        var @namespace = (string)label["namespace"]!;
        var mapping = ReadYaml(File.ReadAllText(MappingOf(Path.GetDirectoryName(folder)!)));
        var subject = new Subject
        {
            Operation = Enum.Parse<Operation>((string)label["operation"]!, ignoreCase: true),
            Object = ReadObjects(folder, "object.yaml", @namespace).SingleOrDefault(),
            OldObject = ReadObjects(folder, "old.yaml", @namespace).SingleOrDefault(),
        };

        var decision = PolicyEngine.Decide(subject, PoliciesOf(mapping["rules"]!, label["params"]!), ClusterState.Empty.With(ReadObjects(folder, "cluster.yaml", @namespace)));

        return new(decision, (string)label["expect"]! == "deny", (string?)mapping["knownDifferences"]?[Path.GetFileName(folder)]);
    }

    public static JsonNode ReadYaml(string text)
    {
        var errors = new List<SourceError>();
        var wrapped = "apiVersion: v1\nkind: Mapping\ncontents:\n" + string.Join('\n', text.Split('\n').Select(line => "  " + line));
        var manifest = Manifest.ReadAll("mapping", wrapped, errors).SingleOrDefault();
        SampleException.ThrowIfAny(errors);
        return JsonNode.Parse(manifest!.Json)!["contents"]!;
    }

    private static IEnumerable<KubernetesObject> ReadObjects(string folder, string file, string @namespace)
    {
        var path = Path.Combine(Corpus, folder, file);
        if (!File.Exists(path))
            return [];

        var errors = new List<SourceError>();
        var manifests = Manifest.ReadAll(path, File.ReadAllText(path), errors);
        SampleException.ThrowIfAny(errors);
        return [.. manifests.Where(manifest => manifest.Kind is not null).Select(manifest => manifest.Read(@namespace))];
    }

    private static PolicySet PoliciesOf(JsonNode rules, JsonNode parameters)
    {
        var json = new JsonObject
        {
            ["apiVersion"] = PolicyDocument.SupportedApiVersion,
            ["kind"] = PolicyDocument.SupportedKind,
            ["metadata"] = new JsonObject { ["name"] = "peer" },
            ["spec"] = new JsonObject { ["rules"] = Substitute(rules, parameters) },
        };
        var errors = new List<SourceError>();
        var policies = PolicySet.Read(Manifest.ReadAll("peer", json.ToJsonString(), errors), errors);
        SampleException.ThrowIfAny(errors);
        return policies!;
    }

    /// <summary>A text <c>$name</c> stands for the case's parameter of that name.</summary>
    private static JsonNode? Substitute(JsonNode? node, JsonNode parameters) => node switch
    {
        JsonObject map => new JsonObject(map.Select(member => KeyValuePair.Create(member.Key, Substitute(member.Value, parameters)))),
        JsonValue value when value.TryGetValue(out string? text) && text.StartsWith('$') => parameters[text[1..]]?.DeepClone(),
        _ => node?.DeepClone(),
    };
}
