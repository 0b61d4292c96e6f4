using System.Diagnostics;
using AdmissionWebhook.Policy.Configuration;
using AdmissionWebhook.Policy.Controllers;
using AdmissionWebhook.Policy.Evaluation;
using AdmissionWebhook.Policy.Kinds;
using AdmissionWebhook.Policy.Rules;
using AdmissionWebhook.Policy.State;
using FsCheck;
using FsCheck.Fluent;
using static AdmissionWebhook.TestSupport.Objects;

namespace AdmissionWebhook.Policy.Tests.Rules;

/// <summary>Whatever somebody writes into annotations.</summary>
public sealed class AnnotationPropertyTests
{
    private static readonly string[] Names =
    [
        .. IngressController.All.SelectMany(known => known.Annotations.ByName.Keys),
        Ingress.ClassAnnotation,
        "nginx.ingress.kubernetes.io/auth-ulr",
        "nginx.ingress.kubernetes.io/",
        "nginx.org/x",
    ];

    private static readonly string[] Pieces =
        ["true", "on", "5", "-", "+", "10.0.0.0/8", "::1", ",", " ", "\n", "\r", "\t", "/", "a/b", "http://", "x.shop.svc", "$1", "${x}", "(", ")", "[", "]", "{", "}", "*", "?", "\\", "^", "CN=", "@SECLEVEL=9", "~", ".", ";", "\"", "alias", "root", "_by_lua", "é", "\u0000", "\ud83d\ude00", "K"];

    /// <summary>What drives a matcher that backtracks into the ground: long runs of what several parts of a pattern take, and something at the end that none takes.</summary>
    private static readonly string[] Runs = ["a", "a,", "a ", "1", "off ", "alias root", "a.", ":", "@STRENGTH", "404,", "https://a,", "(", "[a-", "null", "10.0.0.0/8,", "/a"];

    private static readonly PolicySet Everything = PolicySet.Default.Only([.. RuleCatalog.All.OfType<ValidationRule>().Select(rule => rule.Id)], enforcesAll: true);

    private static readonly ClusterState Cluster = ClusterState.Empty.With(All("""
        {apiVersion: networking.k8s.io/v1, kind: IngressClass, metadata: {name: nginx}, spec: {controller: k8s.io/ingress-nginx}}
        ---
        {apiVersion: networking.k8s.io/v1, kind: Ingress, metadata: {name: web, namespace: blog, annotations: {nginx.ingress.kubernetes.io/use-regex: "true"}}, spec: {ingressClassName: nginx, rules: [{host: a.co, http: {paths: [{path: /a, pathType: Exact}]}}]}}
        """));

    [Fact]
    public void No_rule_fails_on_any_annotation()
    {
        var values = Gen.ArrayOf(Gen.Elements(Pieces), 12).Select(string.Concat);
        var annotations = Gen.ListOf(Gen.Zip(Gen.Elements(Names), Gen.OneOf(values, Gen.Elements(Pieces), ArbMap.Default.GeneratorFor<string>().Select(text => text ?? ""))), 8);

        Prop.ForAll(annotations.ToArbitrary(), written =>
        {
            var decision = Decide(written);

            Assert.DoesNotContain(decision.Findings, finding => finding.Status == FindingStatus.Failed);
            Assert.All(decision.Findings, finding => Assert.True(finding.Violation.Text.Length < 1000, finding.Violation.Text));
        }).Check(Config.QuickThrowOnFailure.WithMaxTest(3000).WithReplay(20261121, 7));
    }

    [Fact]
    public void Work_on_a_value_grows_no_faster_than_its_length()
    {
        var (shorter, longer) = (Seconds(64 * 1024), Seconds(256 * 1024));

        Assert.True(longer < shorter * 10, $"{shorter * 1000:0} ms for 64 KiB each, {longer * 1000:0} ms for 256 KiB each");
    }

    [Fact]
    public void Work_on_unknown_names_grows_no_faster_than_their_number()
    {
        var (fewer, more) = (Fastest(() => Decide(Unknown(1_000))), Fastest(() => Decide(Unknown(4_000))));

        Assert.True(more < fewer * 10, $"{fewer * 1000:0} ms for 1,000 names, {more * 1000:0} ms for 4,000");

        static IEnumerable<(string, string)> Unknown(int count) => Enumerable.Range(0, count).Select(i => ($"nginx.ingress.kubernetes.io/auth-keepalive-timeot-{i}", "1"));
    }

    /// <summary>Every annotation of ingress-nginx, one at a time.</summary>
    private static double Seconds(int length)
    {
        var written = IngressController.IngressNginx.Annotations.ByName.Keys.SelectMany((name, i) => new[] { Runs[i % Runs.Length], Runs[(i * 7) % Runs.Length] }
            .Select(run => (name, string.Concat(Enumerable.Repeat(run, length / run.Length)) + "!")));
        return written.Sum(one => Fastest(() => Decide([one])));
    }

    private static double Fastest(Action action) => Enumerable.Range(0, 3).Min(_ =>
    {
        var begin = Stopwatch.GetTimestamp();
        action();
        return Stopwatch.GetElapsedTime(begin).TotalSeconds;
    });

    private static Decision Decide(IEnumerable<(string Name, string Value)> annotations)
    {
        var json = new System.Text.Json.Nodes.JsonObject();
        foreach (var (name, value) in annotations)
            json[name] = value;
        var text = "{\"metadata\":{\"name\":\"web\",\"namespace\":\"shop\",\"annotations\":" + json.ToJsonString() + "},\"spec\":{\"ingressClassName\":\"nginx\",\"rules\":[{\"host\":\"a.co\",\"http\":{\"paths\":[{\"path\":\"/b\",\"pathType\":\"Exact\"}]}}]}}";
        return PolicyEngine.Decide(new() { Operation = Operation.Create, Object = ResourceKind.Ingress.Read(System.Text.Encoding.UTF8.GetBytes(text), "networking.k8s.io/v1", "shop") }, Everything, Cluster);
    }
}
