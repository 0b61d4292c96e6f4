using System.Buffers;
using System.Text;
using AdmissionWebhook.Policy.Kinds;
using AdmissionWebhook.Policy.Reading;

namespace AdmissionWebhook.Policy.Tests.Resources;

public sealed class ObjectReaderTests
{
    [Theory]
    [InlineData("""{}""")]
    [InlineData("""{"metadata":null,"spec":null}""")]
    [InlineData("""{"metadata":{"annotations":null,"labels":null,"name":null},"spec":{"rules":null,"tls":null,"defaultBackend":null}}""")]
    [InlineData("""{"spec":{"rules":[null,{"http":null},{"http":{"paths":null}},{"http":{"paths":[{"backend":null}]}}],"tls":[null,{"hosts":null}]}}""")]
    [InlineData("""{"spec":{"defaultBackend":{"service":null}},"unknown":{"deep":[{}]}}""")]
    public void A_null_or_absent_field_is_no_error(string json)
    {
        var ingress = Read(json);

        Assert.Empty(ingress.Malformed);
        Assert.All(ingress.Backends, backend => Assert.Null(backend.ServiceName));
    }

    [Fact]
    public void Records_each_field_of_a_wrong_type_with_its_place()
    {
        var ingress = Read("""
            {"metadata":{"name":7,"annotations":{"a/b":true,"c":"ok"}},
             "spec":{"rules":[{"host":"a"},"b",{"host":["c"],"http":{"paths":[{"backend":{"service":{"name":"web","port":{"number":"http"}}}}]}}],"tls":{}}}
            """);

        Assert.Equal(
            ["metadata.name: a string, 7", "metadata.annotations[a/b]: a string, true", "spec.rules[1]: an object, \"b\"", "spec.rules[2].host: a string, [\"c\"]",
                "spec.rules[2].http.paths[0].backend.service.port.number: a whole number, \"http\"", "spec.tls: a list, {}"],
            ingress.Malformed.Select(malformed => $"{malformed.Field}: {malformed.Expected}, {malformed.Found}"));
    }

    [Fact]
    public void An_unreadable_item_does_not_shift_the_others()
    {
        var ingress = Read("""{"spec":{"rules":[1,{"host":"shop.example.com"}]}}""");

        Assert.Equal("spec.rules[1]", Assert.Single(ingress.Rules).At.ToString());
    }

    [Fact]
    public void Reads_a_null_item_as_an_object_without_fields() => Assert.True(Assert.Single(Read("""{"spec":{"rules":[null]}}""").Rules).Host.IsAny);

    [Fact]
    public void Reads_objects_of_any_depth_that_an_API_server_stores()
    {
        var deep = string.Concat(Enumerable.Repeat("{\"f:a\":", 9_900)) + "{}" + new string('}', 9_900);

        Assert.Equal("nginx", Read($$"""{"metadata":{"managedFields":[{"fieldsV1":{{deep}} }]},"spec":{"ingressClassName":"nginx"} }""").ClassName);
    }

    [Fact]
    public void Half_a_surrogate_pair_is_not_a_string()
    {
        var ingress = Read("""{"spec":{"ingressClassName":"\ud800"}}""");

        Assert.Null(ingress.ClassName);
        Assert.Equal("spec.ingressClassName", Assert.Single(ingress.Malformed).Field.ToString());
    }

    [Fact]
    public void Reads_an_escaped_field_name_as_the_same_field() => Assert.Equal("nginx", Read("""{"\u0073pec":{"ingress\u0043lassName":"nginx"}}""").ClassName);

    [Fact]
    public void The_last_of_two_equal_fields_counts() => Assert.Equal("b", Read("""{"spec":{"ingressClassName":"a","ingressClassName":"b"}}""").ClassName);

    [Fact]
    public void Records_only_some_of_very_many_errors()
    {
        var json = $$$"""{"spec":{"rules":[{{{string.Join(',', Enumerable.Repeat("1", 10_000))}}}]}}""";

        Assert.InRange(Read(json).Malformed.Length, 1, 100);
    }

    [Fact]
    public void Reads_fields_of_v1beta1_only_in_that_version()
    {
        var json = """{"spec":{"backend":{"serviceName":"web","servicePort":80}}}"""u8;

        Assert.Equal("web", ((Ingress)ResourceKind.Ingress.Read(json, "extensions/v1beta1")).DefaultBackend!.ServiceName);
        Assert.Null(((Ingress)ResourceKind.Ingress.Read(json, "networking.k8s.io/v1")).DefaultBackend?.ServiceName);
    }

    [Theory]
    [InlineData("shop", "shop")]
    [InlineData(null, "fallback")]
    [InlineData("", "fallback")]
    public void An_object_without_a_namespace_gets_the_namespace_of_the_request(string? written, string expected)
    {
        var json = Encoding.UTF8.GetBytes($$$"""{"metadata":{"namespace":{{{(written is null ? "null" : $"\"{written}\"")}}} }}""");

        Assert.Equal(expected, ResourceKind.Service.Read(json, defaultNamespace: "fallback").Metadata.Namespace);
        Assert.Null(ResourceKind.IngressClass.Read(json, defaultNamespace: "fallback").Metadata.Namespace);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(16)]
    [InlineData(17)]
    [InlineData(1000)]
    public void Reads_a_list_of_any_length_in_order(int length)
    {
        var hosts = Enumerable.Range(0, length).Select(i => $"host-{i}").ToList();

        Assert.Equal(hosts, ReadHosts(hosts));
    }

    [Theory]
    [InlineData(16)]
    [InlineData(17)]
    public void Returns_pooled_memory_without_strings_and_lends_it_once(int length)
    {
        ReadHosts(Enumerable.Repeat("secret", length));

        var lent = Enumerable.Range(0, 64).Select(_ => ArrayPool<string>.Shared.Rent(16)).ToList();

        Assert.Equal(64, lent.Distinct(ReferenceEqualityComparer.Instance).Count());
        Assert.DoesNotContain("secret", lent.SelectMany(array => array));
    }

    [Fact]
    public void An_item_that_is_not_a_string_does_not_shift_its_neighbours()
    {
        var ingress = Read("""{"spec":{"tls":[{"hosts":["a",7,"b",null,"c"]}]}}""");

        Assert.Equal(["a", "", "b", "", "c"], ingress.Tls.Single().Hosts.Select(host => host.Name));
        Assert.Equal("spec.tls[0].hosts[1]", Assert.Single(ingress.Malformed).Field.ToString());
    }

    [Fact]
    public void Does_not_keep_a_long_string()
    {
        var json = $$$"""{"spec":{"ingressClassName":"{{{new string('x', 65)}}}"}}""";

        Assert.NotSame(Read(json).ClassName, Read(json).ClassName);
    }

    [Theory]
    [InlineData(38, "")]
    [InlineData(39, "…")]
    public void Shows_the_start_of_a_long_value_of_a_wrong_type(int length, string end)
    {
        var value = $"\"{new string('x', length)}\"";

        var found = Assert.Single(Read($$$"""{"spec":{"rules":{{{value}}}}}""").Malformed).Found;

        Assert.Equal(value[..40] + end, found);
    }

    [Fact]
    public void Shows_a_misplaced_string_as_written()
    {
        var found = Assert.Single(Read("""{"spec":{"rules":"\u003cyour-rules\u003e"}}""").Malformed).Found;

        Assert.Equal("\"<your-rules>\"", found);
    }

    private static IEnumerable<string> ReadHosts(IEnumerable<string> hosts) =>
        Read($$$"""{"spec":{"tls":[{"hosts":[{{{string.Join(',', hosts.Select(host => $"\"{host}\""))}}}]}]}}""").Tls.Single().Hosts.Select(host => host.Name);

    private static Ingress Read(string json) => (Ingress)ResourceKind.Ingress.Read(Encoding.UTF8.GetBytes(json));

    [Theory]
    [InlineData(@"\ud83d\ude00", "😀")]
    [InlineData(@"a\ud83d\ude00\ud83d\ude00b", "a😀😀b")]
    [InlineData(@"\\ud83d", @"\ud83d")]
    [InlineData(@"\ud83d", null)]
    [InlineData(@"\ude00", null)]
    [InlineData(@"\ud83dx\ude00", null)]
    [InlineData(@"\ud83d\n\ude00", null)]
    [InlineData(@"\ud83d\ud83d\ude00", null)]
    [InlineData(@"\uD83D\u0041", null)]
    public void Reads_half_a_surrogate_pair_as_absent(string written, string? expected)
    {
        var reader = new ObjectReader(System.Text.Encoding.UTF8.GetBytes($"\"{written}\""), "v1");

        Assert.Equal(expected, reader.Text());
    }
}
