using System.Text;
using System.Text.Json.Nodes;
using AdmissionWebhook.Policy.Manifests;

namespace AdmissionWebhook.Policy.Tests.Resources;

public sealed class JsonYamlTests
{
    [Theory]
    [InlineData("""{"apiVersion":"v1","kind":"Any","list":[],"map":{},"nothing":null,"truth":true,"count":1,"share":0.5}""")]
    [InlineData("""{"apiVersion":"v1","kind":"Any","texts":["Off","yes","true","null","~","","010","1.5","1e3","0x1f","0X1F","1_000",".inf",".NaN","<<","- a","a: b","a #b","{a}","*","'","\"","two\nlines"," ends "]}""")]
    [InlineData("""{"apiVersion":"v1","kind":"Any","Off":1,"010":2,"<<":3,"null":4,"a b":[[1,[2]],{"c":[{"d":"e"},{}]}]}""")]
    public void Written_YAML_reads_back_unchanged(string json)
    {
        var yaml = JsonYaml.Write(JsonNode.Parse(json)!);

        var manifest = Assert.Single(Manifest.ReadAll("test.yaml", yaml, []));
        Assert.True(JsonNode.DeepEquals(JsonNode.Parse(json), JsonNode.Parse(Encoding.UTF8.GetString(manifest.Json))), yaml);
    }

    [Fact]
    public void Writes_YAML_as_a_person_would()
    {
        var yaml = JsonYaml.Write(JsonNode.Parse("""{"kind": "Any", "enforcement": "Off", "list": [{"a": 1, "b": "x"}], "empty": {}}""")!);

        Assert.Equal("kind: Any\nenforcement: \"Off\"\nlist:\n  - a: 1\n    b: x\nempty: {}\n", yaml);
    }
}
