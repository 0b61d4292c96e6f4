using System.Text.RegularExpressions;
using AdmissionWebhook.Policy.Configuration;
using AdmissionWebhook.Policy.Evaluation;
using AdmissionWebhook.Policy.Resources;
using AdmissionWebhook.Policy.Rules;
using AdmissionWebhook.TestSupport;

namespace AdmissionWebhook.Policy.Tests.Rules;

/// <summary>
/// A file of Samples/rule-id: the first object is judged, a TrafficPolicy sets the rule's parameters, the rest is the cluster.
/// The first comment says what it shows; <c># violates: field</c> and <c># fills: pointer = value</c> say what is to come out.
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
        var judged = manifests.First(manifest => manifest.Kind is not null);
        var policies = PolicySet.Read(manifests.Where(manifest => manifest.KindName == PolicyDocument.SupportedKind), errors);
        Assert.Empty(errors);

        return new(
            file,
            text.Split('\n')[0].TrimStart('#', ' '),
            text,
            rule,
            new() { Phase = rule.Phase, Operation = Operation.Create, Object = judged.Read("default") },
            judged,
            policies!.Only([rule.Id], enforcesAll: true),
            ClusterState.Empty.With(manifests.Where(manifest => manifest.Kind is not null && manifest != judged).Select(manifest => manifest.Read("default"))));
    }

    public Decision Decide() => PolicyEngine.Decide(Subject, Policies, Cluster);

    [GeneratedRegex(@"# violates: (\S+)")]
    private static partial Regex Violates();

    [GeneratedRegex(@"# fills: (.+)$", RegexOptions.Multiline)]
    private static partial Regex Fills();
}
