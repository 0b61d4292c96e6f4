using System.Globalization;
using System.Text.RegularExpressions;
using AdmissionWebhook.Policy.Configuration;
using AdmissionWebhook.Policy.Evaluation;
using AdmissionWebhook.Policy.Kinds;
using AdmissionWebhook.Policy.Manifests;
using AdmissionWebhook.Policy.Rules;
using AdmissionWebhook.Policy.State;
using AdmissionWebhook.TestSupport;

namespace AdmissionWebhook.Generator;

/// <summary>
/// A file of Samples/rule-id: the first object is judged, a TrafficPolicy sets the rule's parameters, the rest is the cluster.
/// The first comment says what it shows; <c># violates: field</c> and <c># fills: pointer = value</c> say what is to come out. An object below the line
/// <c># old</c> is the old object, which makes it an update; <c># operation: DELETE</c>, <c># operation: AUDIT</c>, <c># subresource: status</c>, <c># user: name</c> and
/// <c># at: instant</c> say so.
/// </summary>
public sealed partial record RuleSample(string File, string Title, string Text, Rule Rule, Subject Subject, Manifest Manifest, PolicySet Policies, ClusterState Cluster)
{
    public static string Folder { get; } = Repository.PathOf("tests", "AdmissionWebhook.Policy.Tests", "Samples");

    public static IEnumerable<string> Files =>
        Directory.EnumerateFiles(Folder, "*.yaml", SearchOption.AllDirectories).Select(file => Path.GetRelativePath(Folder, file)).Order(StringComparer.Ordinal);

    public IEnumerable<string> ExpectedViolations => Violates().Matches(Text).Select(match => match.Groups[1].Value);

    public IEnumerable<string> ExpectedDefaults => Fills().Matches(Text).Select(match => match.Groups[1].Value);

    public static RuleSample Read(string file)
    {
        var text = System.IO.File.ReadAllText(Path.Combine(Folder, file));
        var errors = new List<SourceError>();
        var manifests = Manifest.ReadAll(file, text, errors);
        var rule = RuleCatalog.Find(Path.GetDirectoryName(file)!)!;
        var lines = text.Split('\n');
        var judged = manifests.First(manifest => manifest.Kind is not null);
        var old = manifests.SingleOrDefault(manifest => manifest.Line > 1 && lines[manifest.Line - 2] == "# old");
        var policies = PolicySet.Read(manifests.Where(manifest => manifest.KindName == PolicyDocument.SupportedKind), errors);
        SampleException.ThrowIfAny(errors);

        return new(
            file,
            lines[0].TrimStart('#', ' '),
            text,
            rule,
            SubjectOf(text, judged.Read("default"), old?.Read("default")) with { Phase = rule.Phase, Written = judged.Json },
            judged,
            policies!.Only([rule.Id], enforcesAll: true),
            ClusterState.Empty.With(manifests.Where(manifest => manifest.Kind is not null && manifest != judged && manifest != old).Select(manifest => manifest.Read("default"))));
    }

    public Decision Decide() => PolicyEngine.Decide(Subject, Policies, Cluster);

    private static Subject SubjectOf(string text, KubernetesObject judged, KubernetesObject? old)
    {
        var time = At().Match(text) is { Success: true } at ? DateTimeOffset.Parse(at.Groups[1].Value, CultureInfo.InvariantCulture) : DateTimeOffset.MaxValue;
        var subject = Asked().Match(text).Groups[1].Value switch
        {
            "AUDIT" => Subject.OfAudit(judged, time),
            "DELETE" => new() { Operation = Operation.Delete, OldObject = judged, Time = time },
            _ => new() { Operation = old is null ? Operation.Create : Operation.Update, Object = judged, OldObject = old, Time = time },
        };
        return subject with { SubResource = Part().Match(text) is { Success: true } part ? part.Groups[1].Value : null, User = new(User().Match(text).Groups[1].Value, []) };
    }

    [GeneratedRegex(@"^# operation: (\S+)$", RegexOptions.Multiline)]
    private static partial Regex Asked();

    [GeneratedRegex(@"^# subresource: (\S+)$", RegexOptions.Multiline)]
    private static partial Regex Part();

    [GeneratedRegex(@"^# user: (\S+)$", RegexOptions.Multiline)]
    private static partial Regex User();

    [GeneratedRegex(@"^# at: (\S+)$", RegexOptions.Multiline)]
    private static partial Regex At();

    [GeneratedRegex(@"# violates: (\S+)")]
    private static partial Regex Violates();

    [GeneratedRegex(@"# fills: (.+)$", RegexOptions.Multiline)]
    private static partial Regex Fills();
}
