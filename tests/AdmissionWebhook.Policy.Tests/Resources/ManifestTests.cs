using System.Text;
using AdmissionWebhook.Policy.Kinds;
using AdmissionWebhook.Policy.Manifests;
using AdmissionWebhook.Policy.Values;

namespace AdmissionWebhook.Policy.Tests.Resources;

public sealed class ManifestTests
{
    private readonly List<SourceError> _errors = [];

    [Theory]
    [InlineData("yes", "true")]
    [InlineData("Off", "false")]
    [InlineData("~", "null")]
    [InlineData("", "null")]
    [InlineData("0755", "493")]
    [InlineData("0x1F", "31")]
    [InlineData("1_000", "1000")]
    [InlineData("-12", "-12")]
    [InlineData("+12", "12")]
    [InlineData(".5", "0.5")]
    [InlineData("1.50", "1.5")]
    [InlineData("1e3", "1000")]
    [InlineData("1e999", "\"1e999\"")]
    [InlineData("-1e999", "\"-1e999\"")]
    [InlineData("12345678901234567890", "12345678901234567890")]
    [InlineData("1.2.3", "\"1.2.3\"")]
    [InlineData("0x", "\"0x\"")]
    [InlineData("'yes'", "\"yes\"")]
    [InlineData("\"8080\"", "\"8080\"")]
    [InlineData("!!str 8080", "\"8080\"")]
    [InlineData("! 8080", "\"8080\"")]
    [InlineData("!mine 8080", "\"8080\"")]
    [InlineData("!!int \"8080\"", "8080")]
    [InlineData("!!bool 'yes'", "true")]
    [InlineData("!!binary aGVsbG8=", "\"hello\"")]
    [InlineData("0X1F", "31")]
    [InlineData("0B11", "3")]
    [InlineData("0O17", "15")]
    [InlineData("0_17", "15")]
    [InlineData("-_1", "-1")]
    [InlineData("_1", "\"_1\"")]
    [InlineData("1_0.5", "10.5")]
    [InlineData("1_e3", "1000")]
    [InlineData("._5", "\"._5\"")]
    [InlineData("08", "8")]
    [InlineData("2026-11-21", "\"2026-11-21\"")]
    public void Converts_a_value_to_the_JSON_that_kubectl_sends(string yaml, string json)
    {
        var manifest = ReadOne($"apiVersion: v1\nkind: Service\nvalue: {yaml}\n");

        Assert.Equal($$"""{"apiVersion":"v1","kind":"Service","value":{{json}}}""", Encoding.UTF8.GetString(manifest.Json));
    }

    [Theory]
    [InlineData("|\n  \n  text\n", "\\ntext\\n")]
    [InlineData("|\r\n  \r\n  text\r\n", "\\ntext\\n")]
    [InlineData("|- \n  \n\n  text\n", "\\n\\ntext")]
    [InlineData("|+\n  \n  text\n\n", "\\ntext\\n\\n")]
    [InlineData("|2\n  \n  text\n", "\\ntext\\n")]
    [InlineData(">\n  \n  text\n", "\\ntext\\n")]
    [InlineData("|\n  ", "")]
    public void Accepts_a_block_string_that_starts_with_a_line_of_spaces(string yaml, string text)
    {
        var manifest = ReadOne($"apiVersion: v1\nkind: Service\nvalue: {yaml}");

        Assert.Equal($$"""{"apiVersion":"v1","kind":"Service","value":"{{text}}"}""", Encoding.UTF8.GetString(manifest.Json));
    }

    [Theory]
    [InlineData("on", "true")]
    [InlineData("\"on\"", "on")]
    [InlineData("n", "false")]
    [InlineData("0x10", "16")]
    [InlineData("010", "8")]
    [InlineData("1.0", "1")]
    [InlineData("1.5", "1.5")]
    [InlineData("!!str on", "on")]
    public void Converts_a_key_to_the_name_that_kubectl_sends(string yaml, string name)
    {
        var manifest = ReadOne($"apiVersion: v1\nkind: Service\n{yaml}: x\n");

        Assert.Equal($$"""{"apiVersion":"v1","kind":"Service","{{name}}":"x"}""", Encoding.UTF8.GetString(manifest.Json));
    }

    [Theory]
    [InlineData("{<<: *base, b: 3}", """{"a":1,"b":3}""")]
    [InlineData("{b: 3, <<: *base}", """{"b":2,"a":1}""")]
    [InlineData("{b: 3, <<: *base, a: 4}", """{"b":2,"a":4}""")]
    [InlineData("{<<: [*base, *more]}", """{"b":2,"c":6,"a":1}""")]
    [InlineData("{<<: {b: 7, <<: *base}}", """{"b":2,"a":1}""")]
    [InlineData("{\"<<\": 1}", """{"\u003C\u003C":1}""")]
    public void Merged_keys_replace_earlier_keys_and_the_first_merge_wins(string merged, string json)
    {
        var manifest = ReadOne($"apiVersion: v1\nkind: Service\nbase: &base {{a: 1, b: 2}}\nmore: &more {{b: 5, c: 6}}\nmerged: {merged}\n");

        Assert.EndsWith($"\"merged\":{json}}}", Encoding.UTF8.GetString(manifest.Json), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("x: &x {kind: Service, apiVersion: v1}\n<<: *x\n")]
    [InlineData("x: &x {kind: Service}\napiVersion: v1\nkind: ConfigMap\n<<: *x\n")]
    [InlineData("apiVersion: v1\nkind: ConfigMap\n!!str kind: Service\n")]
    [InlineData("apiVersion: v1\nkind: ConfigMap\nitems: [{apiVersion: v1, kind: Service}]\n")]
    [InlineData("x: &x {items: [{apiVersion: v1, kind: Service}]}\napiVersion: v1\nkind: List\n<<: *x\n")]
    [InlineData("apiVersion: v1\nkind: ServiceList\n!!str items: [{}]\n")]
    public void A_manifest_cannot_hide_its_kind(string yaml) => Assert.Equal(ResourceKind.Service, Assert.Single(Manifest.ReadAll("one.yaml", yaml, _errors)).Kind);

    [Fact]
    public void Resolves_anchors_and_merges()
    {
        var manifest = ReadOne("""
            apiVersion: v1
            kind: Service
            base: &base {a: 1, b: 2}
            merged: {<<: *base, b: 3}
            same: *base
            """);

        Assert.Equal("""{"apiVersion":"v1","kind":"Service","base":{"a":1,"b":2},"merged":{"a":1,"b":3},"same":{"a":1,"b":2}}""", Encoding.UTF8.GetString(manifest.Json));
    }

    [Fact]
    public void A_field_has_the_line_of_its_key_and_an_absent_one_the_line_of_its_parent()
    {
        var manifest = Manifest.ReadAll("two.yaml", "# first\napiVersion: v1\nkind: Service\n---\napiVersion: v1\nkind: Service\nspec:\n  ports:\n    - name: http\n      port: 80\n    - {port: 81,\n       name: x}\n", _errors)[1];

        Assert.Equal(5, manifest.Line);
        Assert.Equal(10, manifest.LineOf(FieldPath.Spec / "ports" / 0 / "port"));
        Assert.Equal(12, manifest.LineOf(FieldPath.Spec / "ports" / 1 / "name"));
        Assert.Equal(9, manifest.LineOf(FieldPath.Spec / "ports" / 0 / "nodePort"));
        Assert.Equal(8, manifest.LineOf(FieldPath.Spec / "ports" / 7));
        Assert.Equal(7, manifest.LineOf(FieldPath.Spec / "type"));
        Assert.Equal(5, manifest.LineOf(FieldPath.Root / "status"));
    }

    [Fact]
    public void A_merged_field_has_its_own_line_and_an_aliased_one_the_line_of_its_key()
    {
        var manifest = ReadOne("apiVersion: v1\nkind: Service\nbase: &base\n  a: 1\n  deep: {b: 2}\nmerged:\n  c: 3\n  <<: *base\nsame: *base\n");

        Assert.Equal(4, manifest.LineOf(FieldPath.Root / "merged" / "a"));
        Assert.Equal(5, manifest.LineOf(FieldPath.Root / "merged" / "deep" / "b"));
        Assert.Equal(7, manifest.LineOf(FieldPath.Root / "merged" / "c"));
        Assert.Equal(9, manifest.LineOf(FieldPath.Root / "same"));
        Assert.Equal(4, manifest.LineOf(FieldPath.Root / "same" / "a"));
    }

    [Fact]
    public void Counts_lines_past_escaped_strings_and_items_of_every_type()
    {
        var manifest = ReadOne("apiVersion: v1\nkind: Service\nspec:\n  \"k\\\"ey \\u00e4\":\n    - \"a\\\"b\\n\"\n    - [x,\n       [y]]\n    - {}\n    - 7\n    -\n    - z: [~]\n");
        var list = FieldPath.Spec / "k\"ey ä";

        Assert.Equal(
            [4, 5, 6, 7, 8, 9, 10, 11, 11, 11],
            new[] { list, list / 0, list / 1, list / 1 / 1, list / 2, list / 3, list / 4, list / 5, list / 5 / "z", list / 5 / "z" / 0 }.Select(manifest.LineOf));
    }

    [Theory]
    [InlineData("spec: ", "[")]
    [InlineData("spec: ", "{a: ")]
    [InlineData("spec:\n", "- ")]
    [InlineData("? ", "[")]
    public void Rejects_text_of_the_deepest_nesting_without_harm(string before, string nesting)
    {
        var manifests = Manifest.ReadAll("deep.yaml", "apiVersion: v1\nkind: Service\n" + before + string.Concat(Enumerable.Repeat(nesting, 50_000)), _errors);

        Assert.Empty(manifests);
        Assert.Contains("nested deeper than 100 levels", Assert.Single(_errors).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Rejects_a_map_that_merges_itself()
    {
        var manifests = Manifest.ReadAll("self.yaml", "apiVersion: v1\nkind: Service\nmetadata: &m {name: x, <<: *m}\n", _errors);

        Assert.Empty(manifests);
        Assert.Contains("nested deeper than 64 levels", Assert.Single(_errors).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Reads_a_List_as_its_items()
    {
        var manifests = Manifest.ReadAll("list.json", """
            {"apiVersion": "v1", "kind": "List", "items": [
              {"apiVersion": "v1", "kind": "Service", "metadata": {"name": "a"}},
              {"apiVersion": "networking.k8s.io/v1", "kind": "IngressList", "items": [{"metadata": {"name": "b"}}]}]}
            """, _errors);

        Assert.Empty(_errors);
        Assert.Equal([ResourceKind.Service, ResourceKind.Ingress], manifests.Select(manifest => manifest.Kind));
        Assert.Equal([2, 3], manifests.Select(manifest => manifest.Line));
    }

    [Theory]
    [InlineData("apiVersion: v1\nkind: Service\n  bad: indent\n", 3)]
    [InlineData("apiVersion: v1\nkind: Service\nspec: {a: 1, a: 2}\n", 3)]
    [InlineData("metadata: {}\n", 1)]
    [InlineData("kind: Service\n", 1)]
    [InlineData("- a\n- b\n", 1)]
    [InlineData("just text\n", 1)]
    [InlineData("apiVersion: v1\nkind: Service\nspec: &a {b: *a}\n", 3)]
    [InlineData("apiVersion: v1\nkind: Service\n? [a]\n: b\n", 3)]
    [InlineData("apiVersion: v1\nkind: Service\nspec: {<<: 1}\n", 3)]
    [InlineData("apiVersion: v1\nkind: Service\nspec: {~: 1}\n", 3)]
    [InlineData("apiVersion: v1\nkind: Service\nspec: .inf\n", 3)]
    [InlineData("apiVersion: v1\nkind: Service\nspec: !!int x\n", 3)]
    [InlineData("apiVersion: v1\nkind: Service\nspec: !!binary =\n", 3)]
    [InlineData("apiVersion: v1\nkind: List\nitems: {}\n", 3)]
    [InlineData("apiVersion: v1\nkind: Service\nspec: {a: !!] }\n", 3)]
    [InlineData("apiVersion: v1\nkind: Service\nspec: \"\\ud83d\\u0041\"\n", 3)]
    [InlineData("apiVersion: v1\nkind: Service\nspec:\n  : 6\n", 5)]
    [InlineData("apiVersion: v1\nkind: Service\n... 1\n", 3)]
    [InlineData("apiVersion: v1\nkind: List\nitems: &a\n- {apiVersion: v1, kind: List, items: *a}\n", 4)]
    public void Reports_the_line_of_a_document_that_is_not_an_object(string yaml, int line)
    {
        Manifest.ReadAll("bad.yaml", yaml, _errors);

        Assert.Equal(("bad.yaml", line), (Assert.Single(_errors).File, _errors[0].Line));
    }

    [Fact]
    public void Rejects_multiplying_aliases_and_endless_nesting()
    {
        var laughs = new StringBuilder("apiVersion: v1\nkind: Service\nl0: &l0 [lol, lol, lol, lol, lol, lol, lol, lol, lol, lol]\n");
        for (var i = 1; i < 12; i++)
            laughs.Append($"l{i}: &l{i} [{string.Join(", ", Enumerable.Repeat($"*l{i - 1}", 10))}]\n");

        var merges = new StringBuilder("apiVersion: v1\nkind: Service\nm0: &m0 {a: 1}\n");
        for (var i = 1; i < 40; i++)
            merges.Append($"m{i}: &m{i} {{<<: [*m{i - 1}, *m{i - 1}]}}\n");

        var lists = new StringBuilder("apiVersion: v1\nkind: List\nl0: &l0 {apiVersion: v1, kind: Service}\n");
        for (var i = 1; i < 12; i++)
            lists.Append($"l{i}: &l{i} {{apiVersion: v1, kind: List, items: [{string.Join(", ", Enumerable.Repeat($"*l{i - 1}", 10))}]}}\n");
        lists.Append("items: [*l11]\n");

        var wide = new StringBuilder("apiVersion: v1\nkind: Service\nwide: &wide {");
        wide.AppendJoin(", ", Enumerable.Range(0, 2000).Select(i => $"k{i}: {i}")).Append("}\nmany:\n");
        for (var i = 0; i < 2000; i++)
            wide.Append("- {<<: *wide}\n");

        var longText = $"apiVersion: v1\nkind: Service\ntext: &text {new string('x', 100_000)}\nmany: [{string.Join(", ", Enumerable.Repeat("*text", 1000))}]\n";

        Manifest.ReadAll("lists.yaml", lists.ToString(), _errors);
        Manifest.ReadAll("wide.yaml", wide.ToString(), _errors);
        Manifest.ReadAll("text.yaml", longText, _errors);
        Manifest.ReadAll("merges.yaml", merges.ToString(), _errors);
        Manifest.ReadAll("laughs.yaml", laughs.ToString(), _errors);
        Manifest.ReadAll("deep.yaml", $"apiVersion: v1\nkind: Service\nspec: {new string('[', 100)}{new string(']', 100)}\n", _errors);

        Assert.Equal(["lists.yaml", "wide.yaml", "text.yaml", "merges.yaml", "laughs.yaml", "deep.yaml"], _errors.Select(error => error.File));
    }

    [Theory]
    [InlineData("{\"apiVersion\": \"v1\",\n \"kind\": \"Service\"}\n{\"apiVersion\": \"v1\",\n \"kind\": \"Secret\"}\n", 3)]
    [InlineData("\n{\"apiVersion\": \"v1\", \"kind\": \"Service\"}\n\n  {\"apiVersion\": \"v1\", \"kind\": \"Secret\"}", 4)]
    [InlineData("{\"apiVersion\": \"v1\", \"kind\": \"Service\", \"a\": \"}\u00fc{\"} {\"apiVersion\": \"v1\", \"kind\": \"Secret\"}", 2)]
    public void Reads_a_stream_of_JSON_objects_as_jq_writes_it(string json, int line)
    {
        var read = Manifest.ReadAll("list.json", json, _errors);

        Assert.Empty(_errors);
        Assert.Equal([ResourceKind.Service, ResourceKind.Secret], read.Select(manifest => manifest.Kind));
        Assert.Equal(line, read[1].Line);
    }

    [Fact]
    public void Reads_YAML_that_starts_like_JSON()
    {
        var read = Manifest.ReadAll("list.yaml", "{apiVersion: v1, kind: Service}\n---\n{apiVersion: v1, kind: Secret}\n", _errors);

        Assert.Empty(_errors);
        Assert.Equal([ResourceKind.Service, ResourceKind.Secret], read.Select(manifest => manifest.Kind));
    }

    [Fact]
    public void Skips_empty_documents()
    {
        Assert.Empty(Manifest.ReadAll("empty.yaml", "---\n# nothing\n---\n---\nnull\n", _errors));
        Assert.Empty(_errors);
    }

    private Manifest ReadOne(string yaml)
    {
        var manifest = Assert.Single(Manifest.ReadAll("one.yaml", yaml, _errors));
        Assert.Empty(_errors);
        return manifest;
    }
}
