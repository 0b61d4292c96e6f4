using System.Text;
using System.Text.Json.Nodes;
using AdmissionWebhook.Policy.Configuration;
using AdmissionWebhook.Policy.Evaluation;
using AdmissionWebhook.Policy.Kinds;
using AdmissionWebhook.Policy.Reading;
using AdmissionWebhook.Policy.Rules;

namespace AdmissionWebhook.Policy.Tests.Evaluation;

/// <summary>Updates of the objects in the violating samples of every validation rule, in the policies and the cluster of the sample.</summary>
internal static class SampleChange
{
    /// <summary>Every sample that violates its rule, were it in a new object: those of a new rule come by themselves.</summary>
    public static IEnumerable<string> Files =>
        RuleSample.Files.Where(file => RuleCatalog.Find(Path.GetDirectoryName(file)!) is ValidationRule { IsForManifests: false } rule && rule.Operations.HasFlag(Operation.Create) && Path.GetFileName(file).StartsWith("denied-", StringComparison.Ordinal));

    /// <summary>The update of a sample's object to what <paramref name="edit"/> makes of it.</summary>
    public static Subject Edit(this RuleSample sample, Action<JsonNode> edit) => sample.Change(sample.Json(), sample.Edited(edit));

    /// <summary>The update of one object to another, told apart as the webhook tells them apart.</summary>
    public static Subject Change(this RuleSample sample, JsonNode before, JsonNode after)
    {
        var (old, now) = (Bytes(before), Bytes(after));
        return sample.Subject with { Operation = Operation.Update, OldObject = sample.Read(old), Object = sample.Read(now), ChangesSpec = ObjectChange.IsInSpec(old, now) };
    }

    public static JsonNode Json(this RuleSample sample) => JsonNode.Parse(sample.Manifest.Json)!;

    public static JsonNode Edited(this RuleSample sample, Action<JsonNode> edit)
    {
        var json = sample.Json();
        edit(json);
        return json;
    }

    /// <summary>The findings of the object as if it were new.</summary>
    public static ImmutableArray<Finding> FindingsOf(this RuleSample sample, JsonNode json) =>
        PolicyEngine.Decide(sample.Subject with { Object = sample.Read(Bytes(json)) }, sample.Policies, sample.Cluster).Findings;

    public static Decision Decide(this RuleSample sample, Subject subject, Ratchet? ratchet = null) =>
        PolicyEngine.Decide(subject, ratchet is null ? sample.Policies : sample.Policies.With(ratchet), sample.Cluster);

    public static PolicySet With(this PolicySet policies, Ratchet ratchet) => policies with
    {
        Policies = [.. policies.Policies.Select(policy => policy with { Rules = [.. policy.Rules.Select(active => active with { Ratchet = ratchet })] })],
    };

    private static KubernetesObject Read(this RuleSample sample, byte[] json) => sample.Manifest.Kind!.Read(json, sample.Manifest.ApiVersion, "default");

    private static byte[] Bytes(JsonNode json) => Encoding.UTF8.GetBytes(json.ToJsonString());
}
