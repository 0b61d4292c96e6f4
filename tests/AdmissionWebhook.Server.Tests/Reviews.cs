using AdmissionWebhook.TestSupport;

namespace AdmissionWebhook.Server.Tests;

/// <summary>Reviews as API servers send them.</summary>
internal static class Reviews
{
    public const string Uid = "705ab4f5-6393-11e8-b7cc-42010a800002";

    /// <summary>An Ingress that the shipped policy has nothing to say about, in the sample cluster.</summary>
    public const string GoodIngress = """
        {"apiVersion": "networking.k8s.io/v1", "kind": "Ingress", "metadata": {"name": "web", "namespace": "shop"},
         "spec": {"ingressClassName": "nginx",
                  "tls": [{"hosts": ["shop.example.com"], "secretName": "shop-tls"}],
                  "rules": [{"host": "shop.example.com", "http": {"paths": [
                    {"path": "/", "pathType": "Prefix", "backend": {"service": {"name": "web", "port": {"number": 80}}}}]}}]}}
        """;

    /// <summary>The same without TLS.</summary>
    public const string BadIngress = """
        {"apiVersion": "networking.k8s.io/v1", "kind": "Ingress", "metadata": {"name": "web", "namespace": "shop"},
         "spec": {"ingressClassName": "nginx",
                  "rules": [{"host": "shop.example.com", "http": {"paths": [
                    {"path": "/", "pathType": "Prefix", "backend": {"service": {"name": "web", "port": {"number": 80}}}}]}}]}}
        """;

    /// <summary>One of config/samples/reviews.</summary>
    public static string Sample(string name) => File.ReadAllText(Repository.PathOf("config", "samples", "reviews", name + ".json"));

    /// <summary>A review of an Ingress.</summary>
    /// <param name="obj">The object as JSON.</param>
    /// <param name="oldObject">The old object as JSON.</param>
    /// <param name="operation">What is asked for.</param>
    /// <param name="kind">Another kind of the same group.</param>
    /// <param name="further">Further members of the request, each with a comma behind it.</param>
    public static string Of(string obj, string oldObject = "null", string operation = "CREATE", string kind = "Ingress", string further = "") => $$"""
        {"apiVersion": "admission.k8s.io/v1", "kind": "AdmissionReview",
         "request": {"uid": "{{Uid}}", "kind": {"group": "networking.k8s.io", "version": "v1", "kind": "{{kind}}"}, {{further}}
           "name": "web", "namespace": "shop", "operation": "{{operation}}", "userInfo": {"username": "jane", "groups": ["developers"]},
           "object": {{obj}}, "oldObject": {{oldObject}} } }
        """;
}
