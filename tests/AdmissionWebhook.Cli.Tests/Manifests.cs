namespace AdmissionWebhook.Cli.Tests;

/// <summary>Manifests that tests share.</summary>
internal static class Manifests
{
    /// <summary>Denied by one rule alone, whatever else exists.</summary>
    public const string NodePort =
        """
        apiVersion: v1
        kind: Service
        metadata: {name: debug, namespace: shop}
        spec:
          type: NodePort
          ports:
            - port: 80
        """;

    /// <summary>Denied for its node port, unless an old copy had it already.</summary>
    public const string AllocatedNodePort =
        """
        apiVersion: v1
        kind: Service
        metadata: {name: edge, namespace: ingress-nginx}
        spec: {type: LoadBalancer, allocateLoadBalancerNodePorts: false, ports: [{port: 80, nodePort: 30080}]}
        """;

    /// <summary>Warned of by one rule alone, with the sample cluster.</summary>
    public const string SamePathTwice =
        """
        apiVersion: networking.k8s.io/v1
        kind: Ingress
        metadata: {name: search, namespace: shop}
        spec:
          tls: [{hosts: [search.example.com], secretName: search-tls}]
          rules:
            - host: search.example.com
              http:
                paths:
                  - {path: /a, backend: {service: {name: web, port: {number: 80}}}}
                  - {path: /a, backend: {service: {name: web, port: {number: 80}}}}
        """;

    public static string Ingress(string service, string port, string? @namespace = "shop", string host = "shop.example.com") =>
        $$"""
        apiVersion: networking.k8s.io/v1
        kind: Ingress
        metadata: {name: web{{(@namespace is null ? "" : $", namespace: {@namespace}")}}}
        spec:
          ingressClassName: nginx
          tls: [{hosts: [{{host}}], secretName: web-tls}]
          rules:
            - host: {{host}}
              http:
                paths:
                  - path: /
                    pathType: Prefix
                    backend:
                      service:
                        name: {{service}}
                        port:
                          {{port}}
        """;

    public static string Service(string name, int port, string? @namespace = "shop") =>
        $$"""
        apiVersion: v1
        kind: Service
        metadata: {name: {{name}}{{(@namespace is null ? "" : $", namespace: {@namespace}")}}}
        spec:
          ports: [{name: http, port: {{port}}}]
        """;

    public static string Policy(string rules, string name = "test") =>
        $$"""
        apiVersion: policy.admissionwebhook.dev/v1alpha1
        kind: TrafficPolicy
        metadata: {name: {{name}}}
        spec:
          rules: {{rules}}
        """;

    public static string Exemption(string metadata = "", string owner = "team-shop") =>
        $$"""
        apiVersion: policy.admissionwebhook.dev/v1alpha1
        kind: TrafficPolicyExemption
        metadata: {name: legacy{{metadata}}}
        spec:
          rules: [service-no-node-port]
          names: [debug]
          owner: {{owner}}
          reason: Moved in spring
          expiresAt: 2027-01-31T18:00:00Z
        """;

    public static string Bundle(params string[] manifests) => string.Join("\n---\n", manifests);
}
