using System.Text.Json.Nodes;
using FsCheck;
using FsCheck.Fluent;

namespace AdmissionWebhook.Policy.Tests.Evaluation;

/// <summary>
/// Objects as a schema has them, and as it does not: any field may be absent, null, empty, or of another type. What a controller obeys, and what a
/// path or a name might hide, comes up often.
/// </summary>
internal static class SchemaValues
{
    /// <summary>JSON in an annotation that readers stumble over: half a character, numbers out of range, depth, a name written twice.</summary>
    public static readonly string[] HostileJson =
    [
        "[{\"\\ud800\":80}]", "{\"\\udc00web\":\"\\ud800\"}", "{\"web\":\"\\ud83d\\ude00\\\"\\n\\u0000\"}", "[{\"HTTP\":1e999},{\"HTTPS\":-99999999999999999999}]", "{\"HTTPS\":443,\"HTTPS\":{}}", "[{\"HTTPS\":[[{}]]},null]",
        "[1]", "{} {}", "{\"a\":", "nul", "\ufeff{}", $"{new string('[', 5000)}{new string(']', 5000)}", $"{{\"HTTPS\":{new string('[', 9000)}{new string(']', 9000)}}}", new string('[', 20_000),
    ];

    private static readonly Gen<JsonNode?> Wrong = Gen.Elements<string>(
        "null", "{}", "[]", "\"\"", "0", "-1", "1e999", "true", "[null]", "[[]]", "{\"\":{}}", "99999999999999999999").Select(text => JsonNode.Parse(text));

    private static readonly Gen<JsonNode?> Text = Texts(
        "web", "www.example.com", "*.example.com", "*", ".", "a..b", "/", "//", "/api/v1", "/etc/passwd", "/a;b{}", "/x\nalias #\n/etc;", "true", "yes", "443", "\u2028", "{\"HTTP\":80}", "[[{");

    private static readonly Gen<JsonNode?> Number = Gen.Elements(0, 1, 80, 443, 30080, 65536, int.MaxValue).Select(number => (JsonNode?)JsonValue.Create(number));

    private static readonly Gen<JsonNode?> Annotations = Map(
        ["kubernetes.io/ingress.class", "nginx.ingress.kubernetes.io/canary", "nginx.ingress.kubernetes.io/backend-protocol", "nginx.ingress.kubernetes.io/ssl-redirect", "nginx.ingress.kubernetes.io/use-regex",
            "nginx.ingress.kubernetes.io/limit-rps", "nginx.ingress.kubernetes.io/server-alias", "nginx.ingress.kubernetes.io/auth-url", "kubernetes.io/ingress.allow-http", "alb.ingress.kubernetes.io/listen-ports",
            "alb.ingress.kubernetes.io/group.name", "alb.ingress.kubernetes.io/auth-idp-oidc", "nginx.ingress.kubernetes.io/mirror-target", "haproxy-ingress.github.io/config-backend", "cloud.google.com/app-protocols", "cert-manager.io/issuer", "ingressclass.kubernetes.io/is-default-class", "external-dns.alpha.kubernetes.io/hostname", "konghq.com/protocols"],
        Gen.OneOf(Text, Texts("nginx", "GRPC", "{\"web\":\"HTTP2\"}", "[{\"HTTP\":80}]", "0", "-5"), Texts(HostileJson)));

    private static readonly Gen<JsonNode?> Metadata = Fields(
        ("name", Texts("web", "nginx", "", "other")), ("namespace", Texts("shop", "default", "")), ("annotations", Annotations), ("labels", Map(["app"], Text)),
        ("creationTimestamp", Texts("2026-01-01T00:00:00Z", "never")), ("deletionTimestamp", Texts("2026-01-01T00:00:00Z")), ("ownerReferences", List(Fields(("kind", Text), ("name", Text)))));

    private static readonly Gen<JsonNode?> Port = Fields(("number", Number), ("name", Texts("http", "https", "grpc", "")));

    private static readonly Gen<JsonNode?> Backend = Fields(("service", Fields(("name", Texts("web", "other")), ("port", Port))), ("resource", Fields(("kind", Text), ("name", Text))));

    private static readonly Gen<JsonNode?> Path = Fields(("path", Text), ("pathType", Texts("Prefix", "Exact", "ImplementationSpecific", "prefix")), ("backend", Backend));

    private static readonly Gen<JsonNode?> Ingress = Object("networking.k8s.io/v1", "Ingress", Fields(
        ("ingressClassName", Texts("nginx", "alb", "gce", "traefik", "kong", "contour", "haproxy", "none")),
        ("defaultBackend", Backend),
        ("rules", List(Fields(("host", Text), ("http", Fields(("paths", List(Path))))))),
        ("tls", List(Fields(("hosts", List(Text)), ("secretName", Text))))));

    private static readonly Gen<JsonNode?> Service = Object("v1", "Service", Fields(
        ("type", Texts("ClusterIP", "NodePort", "LoadBalancer", "ExternalName")),
        ("ports", List(Fields(
            ("name", Texts("http", "https", "grpc", "")), ("port", Number), ("targetPort", Gen.OneOf(Number, Text)), ("nodePort", Number), ("protocol", Texts("TCP", "UDP", "SCTP")), ("appProtocol", Texts("http", "https", "grpc", "kubernetes.io/h2c"))))),
        ("selector", Map(["app", "tier"], Text)), ("externalName", Text), ("externalIPs", List(Text)), ("loadBalancerClass", Text), ("loadBalancerIP", Text),
        ("loadBalancerSourceRanges", List(Texts("0.0.0.0/0", "10.0.0.0/8", "::/0", "x"))), ("allocateLoadBalancerNodePorts", Texts("true")), ("clusterIP", Texts("None"))));

    private static readonly Gen<JsonNode?> ClassMetadata = Fields(
        ("name", Texts("nginx", "alb", "gce", "traefik", "kong")), ("annotations", Map(["ingressclass.kubernetes.io/is-default-class"], Texts("true", "true", "True"))), ("creationTimestamp", Texts("2026-01-01T00:00:00Z")));

    private static readonly Gen<JsonNode?> IngressClass = ObjectWith(ClassMetadata, "networking.k8s.io/v1", "IngressClass", Fields(
        ("controller", Texts("k8s.io/ingress-nginx", "ingress.k8s.aws/alb", "k8s.io/ingress-gce", "traefik.io/ingress-controller", "ingress-controllers.konghq.com/kong", "example.com/edge"))));

    private static readonly Gen<JsonNode?> Secret = Object("v1", "Secret", Gen.Constant<JsonNode?>(null), ("type", Texts("kubernetes.io/tls", "Opaque")), ("data", Map(["tls.crt", "tls.key"], Texts("", "bm9uZQ==", "%"))));

    /// <summary>An object of any known kind.</summary>
    public static Gen<JsonObject> Objects { get; } =
        Gen.Frequency((4, Ingress), (2, Service), (3, IngressClass), (1, Secret), (1, Object("v1", "Namespace", Gen.Constant<JsonNode?>(null)))).Select(node => (JsonObject)node!);

    private static Gen<JsonNode?> Texts(params string[] texts) => Gen.Elements(texts).Select(text => (JsonNode?)JsonValue.Create(text));

    private static Gen<JsonNode?> List(Gen<JsonNode?> item) =>
        Gen.Choose(0, 3).SelectMany(count => Gen.ListOf(Spoil(item), count)).Select(items => (JsonNode?)new JsonArray([.. items.Select(each => each?.DeepClone())]));

    private static Gen<JsonNode?> Map(string[] keys, Gen<JsonNode?> value) =>
        Gen.SubListOf(keys).SelectMany(chosen => Gen.ListOf(Spoil(value), chosen.Count).Select(values =>
            (JsonNode?)new JsonObject(chosen.Zip(values, (key, each) => KeyValuePair.Create(key, each?.DeepClone())))));

    private static Gen<JsonNode?> Fields(params (string Name, Gen<JsonNode?> Value)[] fields) =>
        Gen.CollectToList(fields, field => Gen.Frequency((5, Spoil(field.Value).Select(value => (field.Name, value, true))), (1, Gen.Constant((field.Name, (JsonNode?)null, false)))))
            .Select(members => (JsonNode?)new JsonObject(members.Where(member => member.Item3).Select(member => KeyValuePair.Create(member.Name, member.Item2?.DeepClone()))));

    private static Gen<JsonNode?> Object(string apiVersion, string kind, Gen<JsonNode?> spec, params (string Name, Gen<JsonNode?> Value)[] others) =>
        ObjectWith(Metadata, apiVersion, kind, spec, others);

    private static Gen<JsonNode?> ObjectWith(Gen<JsonNode?> metadata, string apiVersion, string kind, Gen<JsonNode?> spec, params (string Name, Gen<JsonNode?> Value)[] others) =>
        Fields([("metadata", metadata), ("spec", spec), .. others]).Select(node =>
        {
            node!["apiVersion"] = apiVersion;
            node["kind"] = kind;
            return (JsonNode?)node;
        });

    private static Gen<JsonNode?> Spoil(Gen<JsonNode?> value) => Gen.Frequency((12, value), (1, Wrong));
}
