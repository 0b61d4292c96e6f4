using System.Text;

namespace AdmissionWebhook.Benchmarks.Samples;

/// <summary>
/// What an API server sends when somebody tries to create an Ingress with ten paths that the shipped policy has nothing to say about. In a dry run: otherwise its host would be claimed, by a
/// write to the API server, and a namespace may claim a hundred hosts a second.
/// </summary>
internal static class SampleReview
{
    /// <summary>Five Services of the first namespace, twice: they are there in a cluster of every size.</summary>
    private static readonly int[] Services = [0, 1, 2, 3, 4, 0, 1, 2, 3, 4];

    /// <summary>So many reviews of different Ingresses, UTF-8.</summary>
    public static ImmutableArray<byte[]> Many(int count) => [.. Enumerable.Range(0, count).Select(i => Encoding.UTF8.GetBytes(Of($"review-{i}", SampleCluster.NamespaceOf(0))))];

    private static string Of(string name, string @namespace) =>
        $$$"""
        {"kind":"AdmissionReview","apiVersion":"admission.k8s.io/v1","request":{"uid":"{{{Guid.NewGuid()}}}",
        "kind":{"group":"networking.k8s.io","version":"v1","kind":"Ingress"},"resource":{"group":"networking.k8s.io","version":"v1","resource":"ingresses"},
        "requestKind":{"group":"networking.k8s.io","version":"v1","kind":"Ingress"},"requestResource":{"group":"networking.k8s.io","version":"v1","resource":"ingresses"},
        "name":"{{{name}}}","namespace":"{{{@namespace}}}","operation":"CREATE",
        "userInfo":{"username":"system:serviceaccount:argocd:argocd-application-controller","uid":"7c1a1d5e-8f0a-4c7e-9d53-0a6d7b9f1c22",
        "groups":["system:serviceaccounts","system:serviceaccounts:argocd","system:authenticated"],
        "extra":{"authentication.kubernetes.io/credential-id":["JTI=5a0e4f8b-53c1-4d0b-a0bb-3b1f6f1f9c55"],"authentication.kubernetes.io/node-name":["worker-17"],
        "authentication.kubernetes.io/pod-name":["argocd-application-controller-0"],"authentication.kubernetes.io/pod-uid":["0b1d7e0e-52b0-4f0f-8d0e-6c0c5b2a9d11"]}},
        "object":{{{SampleCluster.Ingress(name, @namespace, Services)}}},"oldObject":null,"dryRun":true,
        "options":{"kind":"CreateOptions","apiVersion":"meta.k8s.io/v1","fieldManager":"argocd-controller","fieldValidation":"Strict"} }}
        """.ReplaceLineEndings("");
}
