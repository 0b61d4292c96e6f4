using System.Buffers;
using System.Text;
using AdmissionWebhook.Policy.Resources;

namespace AdmissionWebhook.Policy.Tests.Resources;

public sealed class ObjectReaderTests
{
    [Theory]
    [InlineData("""{}""")]
    [InlineData("""{"metadata":null,"spec":null}""")]
    [InlineData("""{"metadata":{"annotations":null,"labels":null,"name":null},"spec":{"rules":null,"tls":null,"defaultBackend":null}}""")]
    [InlineData("""{"spec":{"rules":[null,{"http":null},{"http":{"paths":null}},{"http":{"paths":[{"backend":null}]}}],"tls":[null,{"hosts":null}]}}""")]
    [InlineData("""{"spec":{"defaultBackend":{"service":null}},"unknown":{"deep":[{}]}}""")]
    public void What_is_null_or_absent_is_neither_a_mistake_nor_an_exception(string json)
    {
        var ingress = Read(json);

        Assert.Empty(ingress.Malformed);
        Assert.All(ingress.Backends, backend => Assert.Null(backend.ServiceName));
    }

    [Fact]
    public void Every_field_of_a_wrong_type_is_noted_with_its_place()
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
    public void An_item_that_cannot_be_read_does_not_move_the_others()
    {
        var ingress = Read("""{"spec":{"rules":[1,{"host":"shop.example.com"}]}}""");

        Assert.Equal("spec.rules[1]", Assert.Single(ingress.Rules).At.ToString());
    }

    [Fact]
    public void An_item_that_is_null_is_an_object_without_fields() => Assert.True(Assert.Single(Read("""{"spec":{"rules":[null]}}""").Rules).Host.IsAny);

    [Fact]
    public void What_an_API_server_stores_is_read_however_deep()
    {
        var deep = string.Concat(Enumerable.Repeat("{\"f:a\":", 9_900)) + "{}" + new string('}', 9_900);

        Assert.Equal("nginx", Read($$"""{"metadata":{"managedFields":[{"fieldsV1":{{deep}} }]},"spec":{"ingressClassName":"nginx"} }""").ClassName);
    }

    [Fact]
    public void Half_a_surrogate_pair_is_no_text()
    {
        var ingress = Read("""{"spec":{"ingressClassName":"\ud800"}}""");

        Assert.Null(ingress.ClassName);
        Assert.Equal("spec.ingressClassName", Assert.Single(ingress.Malformed).Field.ToString());
    }

    [Fact]
    public void An_escaped_field_name_is_the_same_field() => Assert.Equal("nginx", Read("""{"\u0073pec":{"ingress\u0043lassName":"nginx"}}""").ClassName);

    [Fact]
    public void Of_a_field_written_twice_the_last_counts() => Assert.Equal("b", Read("""{"spec":{"ingressClassName":"a","ingressClassName":"b"}}""").ClassName);

    [Fact]
    public void A_great_many_mistakes_are_told_only_in_part()
    {
        var json = $$$"""{"spec":{"rules":[{{{string.Join(',', Enumerable.Repeat("1", 10_000))}}}]}}""";

        Assert.InRange(Read(json).Malformed.Length, 1, 100);
    }

    [Fact]
    public void The_fields_of_v1beta1_are_read_in_that_version_alone()
    {
        var json = """{"spec":{"backend":{"serviceName":"web","servicePort":80}}}"""u8;

        Assert.Equal("web", ((Ingress)ResourceKind.Ingress.Read(json, "extensions/v1beta1")).DefaultBackend!.ServiceName);
        Assert.Null(((Ingress)ResourceKind.Ingress.Read(json, "networking.k8s.io/v1")).DefaultBackend?.ServiceName);
    }

    [Theory]
    [InlineData("shop", "shop")]
    [InlineData(null, "fallback")]
    [InlineData("", "fallback")]
    public void An_object_without_a_namespace_gets_the_requests(string? written, string expected)
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
    public void A_list_of_any_length_is_read_in_its_order(int length)
    {
        var hosts = Enumerable.Range(0, length).Select(i => $"host-{i}").ToList();

        Assert.Equal(hosts, ReadHosts(hosts));
    }

    [Theory]
    [InlineData(16)]
    [InlineData(17)]
    public void No_text_of_a_list_is_kept_behind_and_no_memory_is_lent_twice(int length)
    {
        ReadHosts(Enumerable.Repeat("secret", length));

        var lent = Enumerable.Range(0, 64).Select(_ => ArrayPool<string>.Shared.Rent(16)).ToList();

        Assert.Equal(64, lent.Distinct(ReferenceEqualityComparer.Instance).Count());
        Assert.DoesNotContain("secret", lent.SelectMany(array => array));
    }

    [Fact]
    public void An_item_that_is_no_text_does_not_move_the_texts_beside_it()
    {
        var ingress = Read("""{"spec":{"tls":[{"hosts":["a",7,"b",null,"c"]}]}}""");

        Assert.Equal(["a", "", "b", "", "c"], ingress.Tls.Single().Hosts.Select(host => host.Name));
        Assert.Equal("spec.tls[0].hosts[1]", Assert.Single(ingress.Malformed).Field.ToString());
    }

    [Fact]
    public void A_long_text_is_not_kept()
    {
        var json = $$$"""{"spec":{"ingressClassName":"{{{new string('x', 65)}}}"}}""";

        Assert.NotSame(Read(json).ClassName, Read(json).ClassName);
    }

    [Theory]
    [InlineData(38, "")]
    [InlineData(39, "…")]
    public void A_long_value_of_a_wrong_type_is_shown_by_its_beginning(int length, string end)
    {
        var value = $"\"{new string('x', length)}\"";

        var found = Assert.Single(Read($$$"""{"spec":{"rules":{{{value}}}}}""").Malformed).Found;

        Assert.Equal(value[..40] + end, found);
    }

    [Fact]
    public void A_text_where_none_belongs_is_shown_as_its_author_wrote_it()
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
    public void Reads_half_a_surrogate_pair_as_no_text(string written, string? expected)
    {
        var reader = new ObjectReader(System.Text.Encoding.UTF8.GetBytes($"\"{written}\""), "v1");

        Assert.Equal(expected, reader.Text());
    }
}
