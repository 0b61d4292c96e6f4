using System.Text;
using AdmissionWebhook.Policy.Manifests;
using AdmissionWebhook.Policy.Values;

namespace AdmissionWebhook.Policy.Tests.Resources;

/// <summary>What kubectl 1.36 reads, tried with <c>kubectl label --local</c>, and where our parser is stricter than the one of kubectl.</summary>
public sealed class KubectlYamlTests
{
    private const string Head = "apiVersion: v1\nkind: Service\n";

    private readonly List<SourceError> _errors = [];

    [Theory]
    [InlineData("note: \"a\nb\n\n  c\"", "\"note\":\"a b\\nc\"")]
    [InlineData("note: \"a\nb: c\n- d\n# e\"", "\"note\":\"a b: c - d # e\"")]
    [InlineData("note: \"a\\\nb\\\n  c\"", "\"note\":\"abc\"")]
    [InlineData("note: 'a\nb''s\n\nc'", "\"note\":\"a b\\u0027s\\nc\"")]
    [InlineData("note: \"a\n\tb\"", "\"note\":\"a b\"")]
    [InlineData("note: \"a\r\nb\"\r", "\"note\":\"a b\"")]
    [InlineData("note: \"a\n\\\"b\\\\\"\nmore: x", "\"note\":\"a \\u0022b\\\\\",\"more\":\"x\"")]
    [InlineData("deep:\n  map:\n    note: \"a\n    b\"\n    more: c", "\"deep\":{\"map\":{\"note\":\"a b\",\"more\":\"c\"}}")]
    [InlineData("list:\n- \"a\nb\"\n- c", "\"list\":[\"a b\",\"c\"]")]
    [InlineData("list:\n  - name: \"a\n  b\"\n    port: 1", "\"list\":[{\"name\":\"a b\",\"port\":1}]")]
    [InlineData("rule: a\n  || b\n  'c\n  [d\nnote: \"a\nb\"", "\"rule\":\"a || b \\u0027c [d\",\"note\":\"a b\"")]
    [InlineData("rule:\n  a\n  | b\nlist:\n- c\n  > d\nnote: \"a\nb\"", "\"rule\":\"a | b\",\"list\":[\"c \\u003E d\"],\"note\":\"a b\"")]
    [InlineData("list:\n- rule: a\n\n    'b\n  # c 'd\n  note: \"a\n  b\"", "\"list\":[{\"rule\":\"a\\n\\u0027b\",\"note\":\"a b\"}]")]
    public void Reads_quoted_text_over_lines_that_are_not_indented(string yaml, string json) => AssertReads(yaml, json);

    [Theory]
    [InlineData("spec: {\ntype: ClusterIP,\nlabels: {\n  a: b\n}\n}", "\"spec\":{\"type\":\"ClusterIP\",\"labels\":{\"a\":\"b\"}}")]
    [InlineData("ips: [\n10.0.0.1,\n10.0.0.2\n]", "\"ips\":[\"10.0.0.1\",\"10.0.0.2\"]")]
    [InlineData("spec: {name: a\nb, type: c}", "\"spec\":{\"name\":\"a b\",\"type\":\"c\"}")]
    [InlineData("spec: { # x ] }\ntype: a # 'y\n}", "\"spec\":{\"type\":\"a\"}")]
    [InlineData("spec: {\n\ttype: a,\n\tports: [\n\t\t{port: 80}\n\t]\n}", "\"spec\":{\"type\":\"a\",\"ports\":[{\"port\":80}]}")]
    [InlineData("spec: {name: \"a\nb ]\", type: 'c }\nd'}", "\"spec\":{\"name\":\"a b ]\",\"type\":\"c } d\"}")]
    [InlineData("ports:\n- {\n  port: 80\n  }\n- {\nport: 81\n}", "\"ports\":[{\"port\":80},{\"port\":81}]")]
    [InlineData("it: it's [a \"b\nspec: {\na: 1\n}", "\"it\":\"it\\u0027s [a \\u0022b\",\"spec\":{\"a\":1}")]
    [InlineData("text: |\n  \"a {\n  b\nspec: {\na: 1\n}", "\"text\":\"\\u0022a {\\nb\\n\",\"spec\":{\"a\":1}")]
    [InlineData("list:\n- |\n  'a\n- {\na: 1\n}", "\"list\":[\"\\u0027a\\n\",{\"a\":1}]")]
    [InlineData("base: &b {x: 1}\nspec: {\nc: *b\n}", "\"base\":{\"x\":1},\"spec\":{\"c\":{\"x\":1}}")]
    public void Reads_collections_in_brackets_that_are_not_indented(string yaml, string json) => AssertReads(yaml, json);

    [Theory]
    [InlineData("key:\tvalue\t# comment\nmore: a\tb", "\"key\":\"value\",\"more\":\"a\\tb\"")]
    [InlineData("a: {b: c,}\nd: [e,]", "\"a\":{\"b\":\"c\"},\"d\":[\"e\"]")]
    [InlineData("a: b\n...\n", "\"a\":\"b\"")]
    [InlineData("a: b#c\n?d: e", "\"a\":\"b#c\",\"?d\":\"e\"")]
    public void Reads_tabs_trailing_commas_and_ends_of_documents(string yaml, string json) => AssertReads(yaml, json);

    [Theory]
    [InlineData("\uFEFFapiVersion: v1\nkind: Service\n")]
    [InlineData("\uFEFF{\"apiVersion\": \"v1\", \"kind\": \"Service\"}")]
    [InlineData("apiVersion: v1\r\nkind: Service\r\n")]
    [InlineData("%YAML 1.1\n---\napiVersion: v1\nkind: Service\n")]
    [InlineData("--- # one\napiVersion: v1\nkind: Service\n")]
    [InlineData("# only\n---\n---\n\uFEFFapiVersion: v1\nkind: Service\n---\n# nothing\n")]
    [InlineData("  apiVersion: v1\n  kind: Service\n")]
    public void Reads_byte_order_marks_directives_and_empty_documents(string yaml)
    {
        Assert.Single(Manifest.ReadAll("a.yaml", yaml, _errors));
        Assert.Empty(_errors);
    }

    [Fact]
    public void Lines_stay_right_after_text_that_is_not_indented()
    {
        var manifest = Assert.Single(Manifest.ReadAll("a.yaml", Head + "metadata:\n  note: \"a\n  b\nc\"\nspec: {\nports: [\n{port: 80},\n{port: 81}\n]}\n", _errors));

        Assert.Empty(_errors);
        Assert.Equal([4, 7, 8, 10, 10], new[] { FieldPath.Metadata / "note", FieldPath.Spec, FieldPath.Spec / "ports", FieldPath.Spec / "ports" / 1, FieldPath.Spec / "ports" / 1 / "port" }.Select(manifest.LineOf));
    }

    [Theory]
    [InlineData("name: a\nname: b", 4, "name", 3, "\"name\":\"b\"")]
    [InlineData("spec: {a: 1, a: 2}", 3, "a", 3, "\"spec\":{\"a\":2}")]
    [InlineData("spec:\n  ports:\n  - port: 80\n    port: 81", 6, "port", 5, "\"spec\":{\"ports\":[{\"port\":81}]}")]
    [InlineData("spec: {a: {b: 1}, a: {c: 2}}", 3, "a", 3, "\"spec\":{\"a\":{\"c\":2}}")]
    [InlineData("\"name\": a\nname: b", 4, "name", 3, "\"name\":\"b\"")]
    public void Notes_a_key_that_stands_twice_and_takes_the_last(string yaml, int line, string key, int first, string json)
    {
        AssertReads(yaml, json, errors: 1);
        Assert.Equal(new SourceError("a.yaml", line, $"key \"{key}\" is already set on line {first}; the last value counts") { Sort = SourceErrorSort.RepeatedKey }, Assert.Single(_errors));
    }

    [Fact]
    public void Two_merges_are_no_repetition() => AssertReads("a: &a {x: 1}\nb: &b {z: 2}\nc: {<<: *a, <<: *b}", "\"a\":{\"x\":1},\"b\":{\"z\":2},\"c\":{\"x\":1,\"z\":2}");

    [Theory]
    [InlineData("host: *.example.com", 3, "*.example.com")]
    [InlineData("hosts:\n- a\n- *.example.com", 5, "*.example.com")]
    [InlineData("host: *", 3, "*")]
    [InlineData("host: @example", 3, "@example")]
    [InlineData("host: `example`", 3, "`example`")]
    [InlineData("host: %example", 3, "%example")]
    public void Tells_where_a_value_must_be_in_quotes(string yaml, int line, string value)
    {
        Assert.Empty(Manifest.ReadAll("a.yaml", Head + yaml + "\n", _errors));

        var error = Assert.Single(_errors);
        Assert.Equal(line, error.Line);
        Assert.EndsWith($"; if {value} is text, put it in quotes", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Reads_the_documents_before_an_error()
    {
        Assert.Single(Manifest.ReadAll("a.yaml", Head + "---\na: b: c\n", _errors));
        Assert.Equal(4, Assert.Single(_errors).Line);
    }

    [Theory]
    [InlineData("a: [\"b\n", 500_000)]
    [InlineData("- {a: 'b',\n", 500_000)]
    public void A_second_chance_takes_no_more_than_linear_time(string unit, int times)
    {
        var watch = System.Diagnostics.Stopwatch.StartNew();
        Manifest.ReadAll("a.yaml", string.Concat(Enumerable.Repeat(unit, times / unit.Length)), _errors);

        Assert.NotEmpty(_errors);
        Assert.True(watch.Elapsed < TimeSpan.FromSeconds(20), watch.Elapsed.ToString());
    }

    private void AssertReads(string yaml, string json, int errors = 0)
    {
        var manifest = Assert.Single(Manifest.ReadAll("a.yaml", Head + yaml + "\n", _errors));

        Assert.Equal(errors, _errors.Count);
        Assert.Equal($$"""{"apiVersion":"v1","kind":"Service",{{json}}}""", Encoding.UTF8.GetString(manifest.Json));
    }
}
