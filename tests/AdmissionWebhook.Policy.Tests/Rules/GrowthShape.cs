using System.Collections.Concurrent;
using System.Globalization;
using System.Text;
using System.Text.Json.Nodes;
using AdmissionWebhook.Policy.Controllers;
using AdmissionWebhook.Policy.Evaluation;
using AdmissionWebhook.Policy.Kinds;
using AdmissionWebhook.Policy.State;

namespace AdmissionWebhook.Policy.Tests.Rules;

/// <summary>One way in which an object, or what is around it, grows: up to what object-size rules let through, and an API server stores.</summary>
/// <param name="Name">What there is more of.</param>
/// <param name="Kind">Of the object that is judged.</param>
/// <param name="Most">How many of it there can be.</param>
/// <param name="Grow">The object with so many, its values told apart by a second number, and the other objects.</param>
public sealed record GrowthShape(string Name, ResourceKind Kind, int Most, Func<int, int, (JsonObject Object, IEnumerable<JsonObject> Others)> Grow)
{
    private const string Space = "shop";

    private static readonly (string Class, string Controller)[] Classes =
    [
        ("nginx", "k8s.io/ingress-nginx"), ("inner", "nginx.org/ingress-controller"), ("traefik", "traefik.io/ingress-controller"), ("haproxy", "haproxy.org/ingress-controller"),
        ("haproxy-ingress", "haproxy-ingress.github.io/controller"), ("contour", "projectcontour.io/contour"), ("alb", "ingress.k8s.aws/alb"), ("gce", "k8s.io/ingress-gce"),
        ("kong", "ingress-controllers.konghq.com/kong"), ("openshift", "openshift.io/ingress-to-route"), ("edge", "example.com/edge"),
    ];

    /// <summary>What an annotation's text can be made of to keep a regular expression or a splitter busy.</summary>
    private static readonly string[] Fillers = ["a", "a,", ",", " ", "-", "1,", "a.b-", "a/", "*", "CN=(", "alias ", "alias a;", "root a", "[{", "/etc", "$a", "/*", "\u00e9", "GET,", "x_by_lu"];

    /// <summary>All of them.</summary>
    public static ImmutableArray<GrowthShape> All { get; } = [.. OfServices(), .. OfIngresses(), .. OfClasses()];

    private readonly ConcurrentDictionary<int, (byte[] Object, byte[] Old, ClusterState Cluster)> _grown = [];

    /// <summary>The subject that a rule judges, read anew each time, or what it remembers of itself would cost nothing; and the cluster around it.</summary>
    public (Subject Subject, ClusterState Cluster) Make(int count, Operation operation)
    {
        var (judged, old, cluster) = _grown.GetOrAdd(count, Build);
        var subject = operation switch
        {
            Operation.Create => new Subject { Operation = operation, Object = Read(judged), Written = judged },
            Operation.Delete => new Subject { Operation = operation, OldObject = Read(judged) },
            Operation.Update => new Subject { Operation = operation, Object = Read(judged), OldObject = Read(old), Written = judged },
            _ => Subject.OfAudit(Read(judged), new(2026, 6, 1, 0, 0, 0, TimeSpan.Zero)),
        };
        return (subject, cluster);

        KubernetesObject Read(byte[] json) => Kind.Read(json, null, "default");
    }

    /// <inheritdoc/>
    public override string ToString() => $"{Kind} with {Name}";

    private (byte[] Object, byte[] Old, ClusterState Cluster) Build(int count)
    {
        var (grown, others) = Grow(count, 0);
        var cluster = ClusterState.Empty.With(others.Concat(Classes.Select(each => ClassOf(each.Class, each.Controller))).Select(Read));
        return (Write(grown), Write(Grow(count, 1).Object), cluster);
    }

    private static KubernetesObject Read(JsonObject json) => ResourceKind.Find((string?)json["apiVersion"], (string?)json["kind"])!.Read(Write(json), null, "default");

    private static byte[] Write(JsonObject json) => Encoding.UTF8.GetBytes(json.ToJsonString());

    private static IEnumerable<GrowthShape> OfServices()
    {
        foreach (var type in new[] { "ClusterIP", "NodePort", "LoadBalancer", "ExternalName" })
        {
            yield return Service($"ports, type {type}", 250, (n, set) => (Service(type, Ports(n, set)), []));
        }

        yield return Service("ports that say little and lead nowhere", 250, (n, set) => (
            Service("LoadBalancer", Array(n, i => new JsonObject { ["name"] = $"http-{i}-{set}", ["port"] = 80 + i, ["targetPort"] = 70_000 + i + set })), []));
        yield return Service("ports that every backend asks for", 250, (n, set) => (Service("ClusterIP", Ports(n, set)), [Ingress("web", "nginx", [("a.example.com", Paths(4 * n, path => ("web", 80 + (path % n))))])]));
        yield return Service("ports that many Ingresses ask for", 250, (n, set) => (Service("ClusterIP", Ports(n, set)), Range(4 * n).Select(i => Ingress($"i{i}", "nginx", [("a.example.com", Paths(1, _ => ("web", 80 + (i % n))))]))));
        yield return Service("ports and a list of the encrypted ones", 250, (n, set) => (Service("LoadBalancer", Ports(n, set), Annotation("service.beta.kubernetes.io/aws-load-balancer-ssl-ports", List(n, i => $"{81 + i}"), "service.beta.kubernetes.io/aws-load-balancer-ssl-cert", "arn")), []));

        // Half of what fits, since each of them becomes a violation on both sides of an update, and is then looked at alone.
        foreach (var key in new[]
        {
            "service.beta.kubernetes.io/aws-load-balancer-ssl-ports", "service.beta.kubernetes.io/aws-load-balancer-ssl-cert", "service.beta.kubernetes.io/load-balancer-source-ranges", "metallb.io/loadBalancerIPs",
            "external-dns.alpha.kubernetes.io/hostname", "cloud.google.com/app-protocols",
        })
        {
            yield return Service($"a long list in {key}", 9000, (n, set) => (
                Service("LoadBalancer", Ports(200, set), Annotation("service.beta.kubernetes.io/aws-load-balancer-ssl-cert", "arn", key, List(n, i => $"10.{i / 250 % 250}.{i % 250}.{set}"))), []));
        }

        foreach (var key in new[] { "metallb.io/adress-pool", "service.beta.kubernets.io/aws-load-balancer-internal", "service.beta.kubernetes.io/aws-loadbalancer-scheme" })
            yield return Service($"annotations like {key}", 5000, (n, set) => (Service("LoadBalancer", Ports(1, set), Many(n, i => i < 200 ? key + new string('x', i) : $"{key}{i}", set)), []));
        yield return Service("snippets", 1500, (n, set) => (
            Service("ClusterIP", Ports(1, set), Many(n, i => $"h{i}.example.com/backend-config-snippet", set)), []));
        yield return Service("a long condition that leaves its place", 50_000, (n, set) => (
            Service("ClusterIP", Ports(1, set), Annotation("haproxy.org/route-acl", Fill("a '", n, set) + "\n")), []));
        yield return Service("names of external-dns that another Service has", 10_000, (n, set) => (
            Service("LoadBalancer", Ports(1, set), Annotation("external-dns.alpha.kubernetes.io/hostname", List(n, i => $"h{i}.{set}.example.com"))),
            [Other("other", "LoadBalancer", [], Annotation("external-dns.alpha.kubernetes.io/hostname", List(n, i => $"h{i}.0.example.com")))]));
        yield return Service("names of external-dns that are hosts of an Ingress", 250, (n, set) => (
            Service("LoadBalancer", Ports(1, set), Annotation("external-dns.alpha.kubernetes.io/hostname", List(n, i => $"h{i}.example.com"))),
            [Ingress("web", "nginx", Range(n).Select(i => ($"h{i}.example.com", Paths(1, _ => ("web", 80)))), @namespace: "bank")]));
        yield return Service("others of one name of external-dns", 2000, (n, set) => (
            Service("LoadBalancer", Ports(1, set), Annotation("external-dns.alpha.kubernetes.io/hostname", "a.example.com", "external-dns.alpha.kubernetes.io/set-identifier", "mine")),
            Range(n).Select(i => Other($"o{i}", "LoadBalancer", [], Annotation("external-dns.alpha.kubernetes.io/hostname", "a.example.com")))));
        yield return Service("externalIPs", 2000, (n, set) => (Service("ClusterIP", Ports(1, set), spec: ("externalIPs", Texts(n, i => $"10.{i / 250}.{i % 250}.{set}"))), []));
        yield return Service("source ranges", 2000, (n, set) => (Service("LoadBalancer", Ports(1, set), spec: ("loadBalancerSourceRanges", Texts(n, i => $"10.{i / 250}.{i % 250}.{set}/7"))), []));
        yield return Service("addresses in its status", 2000, (n, set) =>
        {
            var service = Service("LoadBalancer", Ports(1, set));
            service["status"] = new JsonObject { ["loadBalancer"] = new JsonObject { ["ingress"] = Array(n, i => new JsonObject { ["ip"] = $"10.{i / 250}.{i % 250}.{set}" }) } };
            return (service, []);
        });
        yield return Service("labels to select by, beside others that share them all", 20, (n, set) => (Service("ClusterIP", Ports(1, set), spec: ("selector", Labels(n))), Range(500).Select(i => Other($"o{i}", "ClusterIP", Labels(n + 1)))));
        yield return Service("others that share the labels it selects by", 2000, (n, set) => (Service("ClusterIP", Ports(1, set), spec: ("selector", Labels(5))), Range(n).Select(i => Other($"o{i}", "ClusterIP", Labels(6)))));
        yield return Service("ports, beside others with as many", 250, (n, set) => (Service("ClusterIP", Ports(n, set), spec: ("selector", Labels(1))), Range(20).Select(i => Other($"o{i}", "ClusterIP", Labels(2), ports: Ports(n, 7)))));
        yield return Service("load balancers beside it", 2000, (n, set) => (Service("LoadBalancer", Ports(1, set)), Range(n).Select(i => Other($"o{i}", "LoadBalancer", []))));
        yield return Service("Ingresses that lead to it", 2000, (n, set) => (Service("ClusterIP", Ports(1, set), created: "2026-01-01T00:00:00Z"), [.. Range(n).Select(i => Ingress($"i{i}", "nginx", [($"h{i}.example.com", Paths(1, _ => ("web", 80)))])), Slice(0)]));
        yield return Service("slices of endpoints", 2000, (n, set) => (Service("ClusterIP", Ports(1, set), created: "2026-01-01T00:00:00Z"), [Ingress("i", "nginx", [("a.example.com", Paths(1, _ => ("web", 80)))]), .. Range(n).Select(Slice)]));
        yield return Service("annotations", 20_000, (n, set) => (Service("LoadBalancer", Ports(1, set), Many(n, i => $"a{i}", set)), []));
        yield return Service("annotations of clouds", 8_000, (n, set) => (Service("LoadBalancer", Ports(1, set), Many(n, i => $"service.beta.kubernetes.io/a{i}", set)), []));
        yield return Service("labels in a long external name", 40_000, (n, set) => (Service("ExternalName", [], spec: ("externalName", string.Concat(Enumerable.Repeat("a.", n)) + "svc")), []));
        yield return Service("fields of the wrong type", 250, (n, set) => (Service("ClusterIP", Array(n, _ => new JsonObject { ["port"] = "http" })), []));
    }

    private static IEnumerable<GrowthShape> OfIngresses()
    {
        foreach (var className in Classes.Select(each => each.Class))
        {
            yield return Ingress($"hosts, class {className}", 250, (n, set) => (Ingress("web", className, Range(n).Select(i => ($"*.h{i}-{set}.example.com", Paths(1, _ => ("web", 80))))), []));
            yield return Ingress($"TLS entries and hosts, class {className}", 250, (n, set) => (WithTls(n, set, Ingress("web", className, Range(n).Select(i => ($"h{i}.example.com", Paths(1, _ => ("web", 80)))), Annotation("nginx.ingress.kubernetes.io/ssl-passthrough", "true"))), []));
            yield return Ingress($"paths to a Service with as many ports, class {className}", 1000, (n, set) => (
                Ingress("web", className, [("a.example.com", Paths(n, path => ("web", 80 + path)))], Annotation("nginx.org/ssl-services", List(n, i => $"s{i}"), "kubernetes.io/ingress.class", className)),
                [Other("web", "ClusterIP", [], Annotation("cloud.google.com/app-protocols", Json(n, i => $"\"p{i}\":\"HTTP\""), "projectcontour.io/upstream-protocol.tls", List(n, i => $"p{i}"), "projectcontour.io/upstream-protocol.h2", List(n, i => $"q{i}")), Ports(n / 4, 9, "grpc"))]));
        }

        foreach (var controller in IngressController.All.Where(known => !known.Prefixes.IsEmpty))
        {
            foreach (var prefix in controller.Prefixes.Append($"{controller.Prefixes[0]}actions.").Take(3))
                yield return Ingress($"annotations that begin with {prefix}", 6_000, (n, set) => (Ingress("web", ClassOf(controller), [("a.example.com", Paths(1, _ => ("web", 80)))], Many(n, i => $"{prefix}auth-u{i}", set)), []));

            // One of each, and all as long as they can be together.
            foreach (var filler in controller == IngressController.IngressNginx ? Fillers : Fillers[..2])
            {
                yield return Ingress($"text like \"{filler}\" in all annotations of {controller}", 240_000, (n, set) => (
                    Ingress("web", ClassOf(controller), [("a.example.com", Paths(1, _ => ("web", 80)))], new JsonObject(controller.Annotations.ByName.Keys.Select(name => KeyValuePair.Create(name.TrimEnd('*'), (JsonNode?)Fill(filler, n / controller.Annotations.ByName.Count, set))))), []));
            }
        }

        yield return Ingress("rules without a host, and no class", 250, (n, set) => (Ingress("web", null, Range(n).Select(_ => ("", Paths(1, _ => ("web", 80))))), []));
        yield return Ingress("hosts of a class that is not there", 250, (n, set) => (Ingress("web", "gone", Range(n).Select(i => ($"h{i}.example.com", Paths(1, _ => ("web", 80))))), []));
        yield return Ingress("annotations, its class in one of them", 18_000, (n, set) => (Ingress("web", null, [], Many(n, i => i == 0 ? "kubernetes.io/ingress.class" : $"a{i}", "nginx")), []));
        yield return Ingress("text in an annotation that needs another", 240_000, (n, set) => (Ingress("web", "nginx", [], Annotation("nginx.ingress.kubernetes.io/auth-signin", Fill("a", n, set))), []));
        yield return Ingress("paths to a name outside the cluster", 1000, (n, set) => (Ingress("web", "nginx", [("a.example.com", Paths(n, _ => ("web", 80), set))]), [Other("web", "ExternalName", [])]));
        yield return Ingress("paths", 1000, (n, set) => (Ingress("web", "nginx", [("a.example.com", Paths(n, _ => ("gone", 80), set))]), []));
        yield return Ingress("paths that are all the same", 1000, (n, set) => (Ingress("web", "nginx", [("a.example.com", Paths(n, _ => (set + "", 80), path: _ => "/"))]), []));
        yield return Ingress("paths below each other, beside one with as many", 1000, (n, set) => (
            Ingress("web", "nginx", [("a.example.com", Paths(n, _ => ("web", 80), path: i => string.Concat(Enumerable.Repeat("/a", i % 60)) + $"/{i}"))]),
            [Ingress("other", "nginx", [("a.example.com", Paths(n, _ => ("web", 80), path: i => string.Concat(Enumerable.Repeat("/a", i % 60)) + $"/{i + 7}"))])]));
        yield return Ingress("patterns as paths", 1000, (n, set) => (Ingress("web", "nginx", [("a.example.com", Paths(n, _ => ("web", 80), path: i => $"/a(/|$)(.*){i}/%2e%2e/[a]+{set};\n"))]), []));
        yield return Ingress("hosts with the same paths", 250, (n, set) => (Ingress("web", "nginx", Range(n).Select(i => ($"h{i}.example.com", Paths(4, _ => ("web", 80))))), []));
        foreach (var filler in new[] { "/a", "/", "*", "(.*)", "alias ", "%2", "[a", ";", "/etc" })
            yield return Ingress($"text like \"{filler}\" in a path", 240_000, (n, set) => (Ingress("web", "nginx", [("a.example.com", Paths(1, _ => ("web", 80), path: _ => "/" + Fill(filler, n, set)))]), []));
        yield return Ingress("labels in a long host", 100_000, (n, set) => (Ingress("web", "nginx", [(Fill("a.", n, set), Paths(1, _ => ("web", 80)))]), []));
        yield return Ingress("backends that an annotation describes", 1000, (n, set) => (Ingress("web", "alb", [("a.example.com", Paths(n, i => ($"s{i}", 0)))], Many(n, i => $"alb.ingress.kubernetes.io/actions.s{i}", set)), []));
        yield return Ingress("aliases", 1000, (n, set) => (Ingress("web", "nginx", [("a.example.com", Paths(1, _ => ("web", 80)))], Annotation("nginx.ingress.kubernetes.io/server-alias", List(n, i => $"~h{i}-{set}.*"))), []));
        yield return Ingress("aliases that another Ingress has too", 1000, (n, set) => (
            Ingress("web", "nginx", [("a.example.com", Paths(1, _ => ("web", 80)))], Annotation("nginx.ingress.kubernetes.io/server-alias", List(n, i => $"h{i}.example.com"))),
            [Ingress("other", "nginx", [("b.example.com", Paths(1, _ => ("web", 80)))], Annotation("nginx.ingress.kubernetes.io/server-alias", List(n, i => $"h{i}.example.com")))]));
        foreach (var (key, json) in new[] { ("listen-ports", "{\"HTTP\":1}"), ("listen-ports", "{\"\\ud800\":1}"), ("auth-idp-oidc", "{\"issuer\":\"https://10.0.0.1\"}"), ("actions.web", "{\"a\":[[1e999]]}") })
            yield return Ingress($"JSON like {json} in {key}", 12_000, (n, set) => (Ingress("web", "alb", [("a.example.com", Paths(1, _ => ("web", 80)))], Annotation($"alb.ingress.kubernetes.io/{key}", $"[{List(n, _ => json)}]")), []));
        yield return Ingress("JSON in JSON", 100_000, (n, set) => (Ingress("web", "alb", [("a.example.com", Paths(1, _ => ("web", 80)))], Annotation("alb.ingress.kubernetes.io/listen-ports", new string('[', n))), []));
        yield return Ingress("annotations", 20_000, (n, set) => (Ingress("web", "nginx", [("a.example.com", Paths(1, _ => ("web", 80)))], Many(n, i => $"a{i}", set)), []));
        yield return Ingress("names of external-dns", 18_000, (n, set) => (Ingress("web", "nginx", [("a.example.com", Paths(1, _ => ("web", 80)))], Annotation("external-dns.alpha.kubernetes.io/hostname", List(n, i => $"h{i}.example.com"))), []));
        foreach (var (@namespace, what) in new[] { (Space, "this"), ("bank", "another") })
        {
            yield return Ingress($"others of the host in {what} namespace", 2000, (n, set) => (Ingress("web", "nginx", [("a.example.com", Paths(1, _ => ("web", 80)))]), Range(n).Select(i => Ingress($"o{i}", "nginx", [("a.example.com", Paths(1, _ => ("web", 80)))], @namespace: @namespace))));
            yield return Ingress($"others that rewrite the host's paths in {what} namespace", 2000, (n, set) => (
                Ingress("web", "nginx", [("a.example.com", Paths(20, _ => ("web", 80)))]),
                Range(n).Select(i => Ingress($"o{i}", "nginx", [("a.example.com", Paths(1, _ => ("web", 80)))], Annotation("nginx.ingress.kubernetes.io/rewrite-target", "/$1"), @namespace))));
            yield return Ingress($"hosts that another Ingress of {what} namespace has too", 250, (n, set) => (
                Ingress("web", "nginx", Range(n).Select(i => ($"h{i}.example.com", Paths(1, _ => ("web", 80)))), Annotation("nginx.ingress.kubernetes.io/rewrite-target", "/x$1")),
                [Ingress("other", "nginx", Range(n).Select(i => ($"h{i}.example.com", Paths(1, _ => ("web", 80)))), @namespace: @namespace)]));
            yield return Ingress($"hosts below a wildcard that Ingresses of {what} namespace have", 2000, (n, set) => (
                Ingress("web", "nginx", [("*.example.com", Paths(1, _ => ("web", 80)))]), Range(n).Select(i => Ingress($"o{i}", "nginx", [($"h{i}.example.com", Paths(1, _ => ("web", 80)))], @namespace: @namespace))));
        }

        yield return Ingress("others of the host, beside its canary", 2000, (n, set) => (
            Ingress("web", "nginx", [("a.example.com", Paths(1, _ => ("web", 80)))], Annotation("nginx.ingress.kubernetes.io/canary", "true")), Range(n).Select(i => Ingress($"o{i}", "nginx", [("a.example.com", Paths(1, _ => ("web", 80)))], Annotation("nginx.ingress.kubernetes.io/canary", "true")))));
        yield return Ingress("paths that a Service's annotation tells apart from those of another Ingress", 1000, (n, set) => (
            Ingress("web", "haproxy", [("a.example.com", Paths(n, i => ($"s{i}", 80), set))], Many(n, i => $"haproxy.org/a{i}", set)),
            [Ingress("other", "haproxy", [("a.example.com", Paths(n, i => ($"t{i}", 80), set))])]));
        yield return Ingress("hosts of one master each", 250, (n, set) => (
            Ingress("web", "f5", Range(n).Select(i => ($"h{i}.example.com", Paths(1, _ => ("web", 80)))), Annotation("nginx.org/mergeable-ingress-type", "minion")),
            [Ingress("other", "f5", Range(n).Select(i => ($"h{i}.example.com", Paths(1, _ => ("web", 80)))), Annotation("nginx.org/mergeable-ingress-type", "minion"), "bank")]));
        yield return Ingress("TLS entries of one Secret that cert-manager writes", 250, (n, set) => (
            WithTls(n, set, Ingress("web", "nginx", [("a.example.com", Paths(1, _ => ("web", 80)))], Annotation("cert-manager.io/issuer", "inner"))), []));
        yield return Ingress("others for which cert-manager writes the same Secret", 2000, (n, set) => (
            WithTls(1, set, Ingress("web", "nginx", [("a.example.com", Paths(1, _ => ("web", 80)))], Annotation("cert-manager.io/issuer", "inner"))),
            Range(n).Select(i => WithTls(2, i, Ingress($"o{i}", "nginx", [($"b{i}.example.com", Paths(1, _ => ("web", 80)))], Annotation("cert-manager.io/issuer", "inner"))))));
        foreach (var key in new[] { "nginx.ingress.kubernets.io/auth-url", "cert-manager.io/cluster-isuer", "external-dns.alpha.kubernetes.io/hostnames", "kubernetes.io/auth-url", "nginx.ingress.kubernetes.io.auth-url" })
            yield return Ingress($"annotations like {key}", 6_000, (n, set) => (Ingress("web", "nginx", [("a.example.com", Paths(1, _ => ("web", 80)))], Many(n, i => i < 200 ? key + new string('x', i) : $"a{i}.{key}", set)), []));
        yield return Ingress("hosts below a wildcard that has more paths", 250, (n, set) => (
            Ingress("web", "nginx", Range(n).Select(i => ($"h{i}.example.com", Paths(1, _ => ("web", 80))))), [Ingress("other", "nginx", [("*.example.com", Paths(100, _ => ("web", 80), path: i => i < 99 ? $"/p0-0/{i}" : "/z"))])]));
        yield return Ingress("paths to a Service without a node port", 1000, (n, set) => (
            Ingress("web", "alb", [("a.example.com", Paths(n, _ => ("web", 80), set))]), [Other("web", "ClusterIP", [], null, Ports(1, 0))]));
        yield return Ingress("hosts of a certificate", 250, (n, set) => (WithTls(n, set, Ingress("web", "nginx", Range(n).Select(i => ($"h{i}.example.com", Paths(1, _ => ("web", 80)))))), [Certificate()]));
        yield return Ingress("fields of the wrong type", 1000, (n, set) => (Ingress("web", "nginx", [("a.example.com", Array(n, _ => new JsonObject { ["path"] = 5 }))]), []));
    }

    private static IEnumerable<GrowthShape> OfClasses()
    {
        yield return Class("Ingresses of it", 2000, (n, set) => (ClassOf("mine", "example.com/mine", "true"), Range(n).Select(i => Ingress($"i{i}", i % 2 == 0 ? "mine" : null, [($"h{i}.example.com", Paths(1, _ => ("web", 80)))]))));
        yield return Class("defaults beside it", 500, (n, set) => (ClassOf("mine", "example.com/mine", "true"), Range(n).Select(i => ClassOf($"c{i}", "example.com/other", "true"))));
        yield return Class("a long name of its controller", 200_000, (n, set) => (ClassOf("mine", Fill("k8s.io/ingress-ngin", n, set)), []));
        yield return Class("annotations", 20_000, (n, set) => (new JsonObject { ["apiVersion"] = "networking.k8s.io/v1", ["kind"] = "IngressClass", ["metadata"] = new JsonObject { ["name"] = "mine", ["annotations"] = Many(n, i => $"a{i}", set) }, ["spec"] = 1 }, []));
    }

    private static GrowthShape Service(string name, int most, Func<int, int, (JsonObject, IEnumerable<JsonObject>)> grow) => new(name, ResourceKind.Service, most, grow);

    private static GrowthShape Ingress(string name, int most, Func<int, int, (JsonObject, IEnumerable<JsonObject>)> grow) => new(name, ResourceKind.Ingress, most, grow);

    private static GrowthShape Class(string name, int most, Func<int, int, (JsonObject, IEnumerable<JsonObject>)> grow) => new(name, ResourceKind.IngressClass, most, grow);

    private static JsonObject Service(string type, JsonArray ports, JsonObject? annotations = null, (string Name, JsonNode Value) spec = default, string? created = null)
    {
        var service = Other("web", type, [], annotations, ports);
        service["metadata"]!["creationTimestamp"] = created;
        if (spec.Name is not null)
            service["spec"]![spec.Name] = spec.Value;
        return service;
    }

    private static JsonObject Other(string name, string type, JsonObject selector, JsonObject? annotations = null, JsonArray? ports = null) => new()
    {
        ["apiVersion"] = "v1",
        ["kind"] = "Service",
        ["metadata"] = new JsonObject { ["name"] = name, ["namespace"] = Space, ["annotations"] = annotations },
        ["spec"] = new JsonObject { ["type"] = type, ["selector"] = selector, ["ports"] = ports },
    };

    private static JsonObject Ingress(string name, string? className, IEnumerable<(string Host, JsonArray Paths)> rules, JsonObject? annotations = null, string @namespace = Space) => new()
    {
        ["apiVersion"] = "networking.k8s.io/v1",
        ["kind"] = "Ingress",
        ["metadata"] = new JsonObject { ["name"] = name, ["namespace"] = @namespace, ["annotations"] = annotations, ["creationTimestamp"] = "2026-01-01T00:00:00Z" },
        ["spec"] = new JsonObject
        {
            ["ingressClassName"] = className,
            ["rules"] = new JsonArray([.. rules.Select(rule => new JsonObject { ["host"] = rule.Host, ["http"] = new JsonObject { ["paths"] = rule.Paths } })]),
        },
    };

    private static JsonObject ClassOf(string name, string controller, string? isDefault = null) => new()
    {
        ["apiVersion"] = "networking.k8s.io/v1",
        ["kind"] = "IngressClass",
        ["metadata"] = new JsonObject { ["name"] = name, ["annotations"] = isDefault is null ? null : new JsonObject { [IngressClass.DefaultAnnotation] = isDefault } },
        ["spec"] = new JsonObject { ["controller"] = controller },
    };

    private static string ClassOf(IngressController controller) =>
        Classes.FirstOrDefault(each => ((IngressClass)Read(ClassOf(each.Class, each.Controller))).KnownController == controller).Class ?? "edge";

    private static JsonObject Slice(int index) => new()
    {
        ["apiVersion"] = "discovery.k8s.io/v1",
        ["kind"] = "EndpointSlice",
        ["metadata"] = new JsonObject { ["name"] = $"web-{index}", ["namespace"] = Space, ["labels"] = new JsonObject { ["kubernetes.io/service-name"] = "web" }, ["creationTimestamp"] = "2026-01-01T00:00:00Z" },
        ["endpoints"] = new JsonArray(new JsonObject { ["conditions"] = new JsonObject { ["ready"] = false } }),
    };

    /// <summary>A Secret without a certificate: what is in one is looked at once.</summary>
    private static JsonObject Certificate() =>
        new() { ["apiVersion"] = "v1", ["kind"] = "Secret", ["metadata"] = new JsonObject { ["name"] = "tls", ["namespace"] = Space }, ["type"] = "kubernetes.io/tls", ["data"] = new JsonObject() };

    private static JsonObject WithTls(int count, int set, JsonObject ingress)
    {
        ingress["spec"]!["tls"] = Array(count, i => new JsonObject { ["hosts"] = new JsonArray($"h{i}.example.com", $"other-{set}{i}.example.com"), ["secretName"] = "tls" });
        return ingress;
    }

    private static JsonArray Ports(int count, int set, string protocol = "http") => Array(count, i => new JsonObject
    {
        ["name"] = $"p{i}-{set}",
        ["port"] = 80 + i + set,
        ["nodePort"] = 30_000 + i + (set * 1000),
        ["targetPort"] = i % 2 == 0 ? $"http-{i}-{set}" : i,
        ["appProtocol"] = i % 2 == 0 ? protocol : "kubernetes.io/wsss-aaaaaaaaaaaa",
    });

    private static JsonArray Paths(int count, Func<int, (string Service, int Port)> backend, int set = 0, Func<int, string>? path = null) => Array(count, i => new JsonObject
    {
        ["path"] = path?.Invoke(i) ?? $"/p{i}-{set}",
        ["pathType"] = "Prefix",
        ["backend"] = new JsonObject { ["service"] = new JsonObject { ["name"] = backend(i).Service, ["port"] = backend(i).Port == 0 ? new JsonObject { ["name"] = "use-annotation" } : new JsonObject { ["number"] = backend(i).Port } } },
    });

    private static JsonObject Annotation(params string[] entries) => new(entries.Chunk(2).Reverse().DistinctBy(entry => entry[0]).Select(entry => KeyValuePair.Create(entry[0], (JsonNode?)entry[1])));

    private static JsonObject Many(int count, Func<int, string> key, int set) => Many(count, key, set.ToString(CultureInfo.InvariantCulture));

    private static JsonObject Many(int count, Func<int, string> key, string value) => new(Range(count).Select(i => KeyValuePair.Create(key(i), (JsonNode?)value)));

    private static JsonObject Labels(int count) => Many(count, i => $"l{i}", 0);

    private static string Json(int count, Func<int, string> member) => $"{{{List(count, member)}}}";

    private static string List(int count, Func<int, string> item) => string.Join(',', Range(count).Select(item));

    private static string Fill(string filler, int length, int set) => string.Concat(Enumerable.Repeat(filler, Math.Max(1, length / filler.Length))) + (set == 0 ? "" : "b");

    private static JsonArray Texts(int count, Func<int, string> text) => Array(count, i => JsonValue.Create(text(i)));

    private static JsonArray Array(int count, Func<int, JsonNode> item) => new([.. Range(count).Select(item)]);

    private static IEnumerable<int> Range(int count) => Enumerable.Range(0, count);
}
