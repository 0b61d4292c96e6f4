using System.Globalization;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using AdmissionWebhook.Policy.Configuration;
using AdmissionWebhook.Policy.Evaluation;

namespace AdmissionWebhook.Policy.Tests.Evaluation;

/// <summary>What every validation rule has to answer for in an update, on its own samples.</summary>
public sealed partial class RatchetTests
{
    private static readonly Ratchet Off = new(false, null);

    private static readonly Dictionary<string, Action<JsonNode>> Edits = new()
    {
        ["labels"] = json =>
        {
            Member(json, "metadata", "labels")["team"] = "shop";
            Member(json, "metadata", "annotations")["kubectl.kubernetes.io/last-applied-configuration"] = "{\"spec\":{}}";
        },
        ["finalizers"] = json => Member(json, "metadata")["finalizers"] = new JsonArray("example.com/wait"),
        ["owner references"] = json => Member(json, "metadata")["ownerReferences"] = new JsonArray(new JsonObject { ["kind"] = "Challenge" }),
        ["status"] = json => json["status"] = new JsonObject { ["loadBalancer"] = new JsonObject() },
        ["nothing"] = _ => { },
        ["an annotation"] = json => Member(json, "metadata", "annotations")["example.com/note"] = "changed",
        ["the spec"] = json => Member(json, "spec")["unknown"] = "changed",
    };

    public static TheoryData<string> Samples => [.. SampleChange.Files];

    public static IEnumerable<object[]> SamplesAndForms =>
        from file in SampleChange.Files from form in new[] { "labels", "finalizers", "owner references", "status", "nothing" } select new object[] { file, form };

    public static IEnumerable<object[]> SamplesAndChanges =>
        from file in SampleChange.Files from change in new[] { "an annotation", "the spec" } select new object[] { file, change };

    public static IEnumerable<object[]> Pairs =>
        from old in SampleChange.Files from now in SampleChange.Files where Path.GetDirectoryName(old) == Path.GetDirectoryName(now) select new object[] { old, now };

    [Theory, MemberData(nameof(SamplesAndForms))]
    public void Never_denies_an_update_that_does_not_change_traffic(string file, string change)
    {
        var sample = RuleSample.Read(file);

        var decision = sample.Decide(sample.Edit(Edits[change]), Off);

        Assert.True(decision.IsAllowed);
        Assert.All(decision.Findings, finding => Assert.Equal((FindingStatus.Old, Enforcement.Warn), (finding.Status, finding.Enforcement)));
    }

    [Theory, MemberData(nameof(SamplesAndChanges))]
    public void Warns_of_an_old_violation_and_allows_the_update(string file, string change)
    {
        var sample = RuleSample.Read(file);

        var decision = sample.Decide(sample.Edit(Edits[change]));

        Assert.All(decision.Denials, denial => Assert.True(denial.Violation.CountsOnUpdate));
        Assert.All(decision.Findings.Except(decision.Denials), finding => Assert.Equal((FindingStatus.Old, Enforcement.Warn), (finding.Status, finding.Enforcement)));
        Assert.All(decision.Warnings, warning => Assert.Contains("existing violation, not denied on update", warning, StringComparison.Ordinal));
    }

    [Theory, MemberData(nameof(SamplesAndChanges))]
    public void Without_the_ratchet_an_update_is_denied_for_every_violation(string file, string change)
    {
        var sample = RuleSample.Read(file);
        var subject = sample.Edit(Edits[change]);

        var decision = sample.Decide(subject, Off);

        // A rule that itself passes over what was there before, such as a node port, has less to say of an update.
        var asWritten = RuleSample.Read(file).Decide().Findings.Select(finding => finding.Violation).ToList();
        Assert.All(decision.Findings, finding => Assert.Equal((FindingStatus.Violated, Enforcement.Deny), (finding.Status, finding.Enforcement)));
        Assert.Subset(asWritten.ToHashSet(), decision.Findings.Select(finding => finding.Violation).ToHashSet());
    }

    [Theory, MemberData(nameof(Samples))]
    public void The_ratchet_ends_at_its_until(string file)
    {
        var sample = RuleSample.Read(file);
        var end = DateTimeOffset.Parse("2027-01-01T00:00:00Z", CultureInfo.InvariantCulture);
        var subject = sample.Edit(Edits["the spec"]);

        var before = sample.Decide(subject with { Time = end.AddTicks(-1) }, new(true, end));
        var after = sample.Decide(subject with { Time = end }, new(true, end));

        Assert.All(before.Denials, denial => Assert.True(denial.Violation.CountsOnUpdate));
        Assert.Equal<Finding>(sample.Decide(subject with { Time = end }, Off).Findings, after.Findings);
    }

    [Theory, MemberData(nameof(Samples))]
    public void Validates_an_object_that_only_finalizers_keep_when_its_traffic_changes(string file)
    {
        var sample = RuleSample.Read(file);
        var deleted = sample.Edited(json => Member(json, "metadata")["deletionTimestamp"] = "2026-01-01T00:00:00Z");
        var released = deleted.DeepClone();
        Edits["finalizers"](released);
        var changed = deleted.DeepClone();
        Edits["the spec"](changed);

        Assert.Same(Decision.Allow, sample.Decide(sample.Change(deleted, released), Off));
        Assert.Equal<Finding>(sample.Decide(sample.Edit(Edits["the spec"]), Off).Findings, sample.Decide(sample.Change(deleted, changed), Off).Findings);
    }

    [Theory, MemberData(nameof(Samples))]
    public void An_audit_reports_old_violations(string file)
    {
        var sample = RuleSample.Read(file);

        var decision = sample.Decide(sample.Edit(_ => { }) with { IsAudit = true });

        Assert.Equal<Finding>(sample.Decide(sample.Edit(Edits["the spec"]), Off).Findings, decision.Findings);
    }

    [Theory, MemberData(nameof(Samples))]
    public void Reordering_lists_adds_no_new_violation(string file)
    {
        var sample = RuleSample.Read(file);

        var decision = sample.Decide(sample.Edit(json => Reverse(json["spec"])));

        Assert.True(decision.IsAllowed, string.Join('\n', decision.Denials));
    }

    [Theory, MemberData(nameof(Samples))]
    public void One_of_two_equal_violations_is_new_when_the_stored_object_has_one(string file)
    {
        var sample = RuleSample.Read(file);
        var doubled = sample.Edited(json => Double(json["spec"]));

        var subject = sample.Change(sample.Json(), doubled);

        var decision = sample.Decide(subject);

        var before = sample.FindingsOf(sample.Json()).CountBy(Sense).ToDictionary();
        var after = sample.Decide(subject, Off).Findings.CountBy(Sense);
        var more = after.ToDictionary(sense => sense.Key, sense => sense.Value - before.GetValueOrDefault(sense.Key)).Where(sense => sense.Value > 0);
        var always = decision.Denials.Where(denial => denial.Violation.CountsOnUpdate).Select(Sense).ToHashSet();
        Assert.Equal(
            more.Where(sense => !always.Contains(sense.Key)).OrderBy(sense => sense.Key),
            decision.Denials.CountBy(Sense).Where(sense => !always.Contains(sense.Key)).OrderBy(sense => sense.Key));
    }

    [Theory, MemberData(nameof(Pairs))]
    public void A_violation_in_the_place_of_another_one_is_new_unless_the_message_is_the_same(string old, string now)
    {
        var sample = RuleSample.Read(now);
        var before = RuleSample.Read(old);
        if (before.Manifest.KindName != sample.Manifest.KindName)
            return;

        var decision = sample.Decide(sample.Change(before.Json(), sample.Json()));

        var known = sample.FindingsOf(before.Json()).Select(Sense).ToHashSet();
        known.ExceptWith(decision.Denials.Where(denial => denial.Violation.CountsOnUpdate).Select(Sense));
        Assert.All(decision.Denials, denial => Assert.DoesNotContain(Sense(denial), known));
        Assert.Equal(sample.FindingsOf(sample.Json()).Select(Sense).Where(sense => !known.Contains(sense)).Order(), decision.Denials.Select(Sense).Order());
    }

    [Theory, MemberData(nameof(Samples))]
    public void A_fixed_violation_is_not_reported(string file)
    {
        var sample = RuleSample.Read(file);
        var mended = RuleSample.Read(RuleSample.Files.First(other => Path.GetDirectoryName(other) == sample.Rule.Id && Path.GetFileName(other).StartsWith("allowed-", StringComparison.Ordinal)));

        var decision = mended.Decide(mended.Change(sample.Json(), mended.Json()));

        Assert.Empty(decision.Findings);
    }

    private static JsonObject Member(JsonNode json, params ReadOnlySpan<string> names)
    {
        foreach (var name in names)
            json = json[name] ??= new JsonObject();
        return json.AsObject();
    }

    private static void Reverse(JsonNode? json) => Rewrite(json, items => items.Reverse());

    private static void Double(JsonNode? json) => Rewrite(json, items => items.Concat(items.Select(item => item?.DeepClone())));

    private static void Rewrite(JsonNode? json, Func<IEnumerable<JsonNode?>, IEnumerable<JsonNode?>> rewrite)
    {
        switch (json)
        {
            case JsonObject map:
                foreach (var member in map.ToList())
                    Rewrite(member.Value, rewrite);
                break;
            case JsonArray list:
                foreach (var item in list)
                    Rewrite(item, rewrite);
                List<JsonNode?> items = [.. list];
                list.Clear();
                foreach (var item in rewrite(items).ToList())
                    list.Add(item);
                break;
        }
    }

    /// <summary>What a finding says, wherever it stands. The samples hold no value that looks like a place.</summary>
    private static string Sense(Finding finding) => Place().Replace($"{finding.Field}: {finding.Violation.Message} {finding.Violation.Value}", "[]");

    [GeneratedRegex(@"\[[0-9]+\]")]
    private static partial Regex Place();
}
