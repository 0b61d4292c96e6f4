using AdmissionWebhook.Policy.Configuration.Schemas;
using AdmissionWebhook.Policy.Rules;
using k8s;
using k8s.Models;

namespace AdmissionWebhook.Cli.Doctor;

/// <summary>Whether the service account has the permissions of the webhook.</summary>
internal static class PermissionCheck
{
    private const string Name = "permissions";
    private const string Apply = "Apply the roles of this version: helm upgrade, or kubectl apply --server-side -k config/rbac";
    private const string ApplySecrets = "Grant the permission if you want that rule: set rbac.tlsSecrets=true in the chart, or kubectl apply -f config/rbac/tls-secrets";

    public static async IAsyncEnumerable<Diagnosis> RunAsync(Installation installation)
    {
        var pod = (await installation.FindDeploymentAsync())?.Spec.Template.Spec;
        var account = pod?.ServiceAccountName ?? Installation.Name;
        var denied = await DeniedAsync(installation, account, Needed(installation.Namespace, IsSelfManaged(pod)));
        yield return denied.Count == 0
            ? new(Name, Health.Ok, $"ServiceAccount {installation.Namespace}/{account} has all permissions that it needs")
            : new(Name, Health.Wrong, $"ServiceAccount {installation.Namespace}/{account} may not {string.Join(", ", denied)}", Apply);

        var rules = (await PolicyCheck.ListAsync(installation, CustomResource.Policies) ?? []).SelectMany(PolicyCheck.RulesOf).Where(named => named.Enforcement != nameof(Enforcement.Off)).Select(named => named.Rule).ToList();
        foreach (var kind in ResourceKind.All.Where(kind => kind.IsWatchedOnDemand))
        {
            var wanting = rules.Where(rule => rule.Reads.Contains(kind)).Distinct().ToList();
            if (wanting.Count > 0 && await DeniedAsync(installation, account, ToRead(kind, wanting)) is { Count: > 0 } unread)
                yield return new(Name, Health.Warning, $"ServiceAccount {installation.Namespace}/{account} may not {string.Join(", ", unread)}; these rules check nothing: {string.Join(", ", wanting.Select(rule => rule.Id))}", kind == ResourceKind.Secret ? ApplySecrets : Apply);
        }
    }

    private static async Task<List<string>> DeniedAsync(Installation installation, string account, IEnumerable<V1ResourceAttributes> needed)
    {
        var denied = new List<string>();
        foreach (var attributes in needed)
        {
            if (!await IsAllowedAsync(installation, account, attributes))
                denied.Add($"{attributes.Verb} {attributes.Resource}{(attributes.Subresource is { } part ? $"/{part}" : "")}");
        }

        return denied;
    }

    /// <summary>The permissions that the webhook needs with any policy; tests compare the roles of config/rbac with the lookups of rules.</summary>
    private static IEnumerable<V1ResourceAttributes> Needed(string @namespace, bool isSelfManaged)
    {
        foreach (var attributes in ResourceKind.All.Where(kind => !kind.IsWatchedOnDemand).SelectMany(kind => ToRead(kind, RuleCatalog.All)))
            yield return attributes;

        foreach (var resource in CustomResource.All)
        {
            yield return Attributes("list", Document.Group, resource.Plural);
            yield return Attributes("watch", Document.Group, resource.Plural);
            yield return Attributes("patch", Document.Group, resource.Plural, subresource: "status");
        }

        foreach (var verb in (string[])["get", "update"])
        {
            yield return Attributes(verb, "coordination.k8s.io", "leases", @namespace, Installation.Name);
            if (isSelfManaged)
                yield return Attributes(verb, "", "secrets", @namespace, Installation.Name);
        }

        foreach (var verb in isSelfManaged ? (string[])["get", "patch"] : [])
        {
            yield return Attributes(verb, "admissionregistration.k8s.io", "validatingwebhookconfigurations", name: Installation.Name);
            yield return Attributes(verb, "admissionregistration.k8s.io", "mutatingwebhookconfigurations", name: Installation.Name);
        }
    }

    /// <summary>Rules that deny need get, for live reads; rules of audits do not.</summary>
    private static IEnumerable<V1ResourceAttributes> ToRead(ResourceKind kind, IEnumerable<Rule> rules) =>
        (rules.Any(rule => rule.Operations != Operation.None && rule.Reads.Contains(kind)) ? (string[])["get", "list", "watch"] : ["list", "watch"]).Select(
            verb => Attributes(verb, kind.ApiVersion.Contains('/', StringComparison.Ordinal) ? kind.ApiVersion.Split('/')[0] : "", kind.Plural));

    private static V1ResourceAttributes Attributes(string verb, string group, string resource, string? @namespace = null, string? name = null, string? subresource = null) =>
        new() { Verb = verb, Group = group, Resource = resource, Subresource = subresource, NamespaceProperty = @namespace, Name = name };

    private static async Task<bool> IsAllowedAsync(Installation installation, string account, V1ResourceAttributes attributes)
    {
        var review = new V1SubjectAccessReview
        {
            ApiVersion = "authorization.k8s.io/v1",
            Kind = V1SubjectAccessReview.KubeKind,
            Spec = new()
            {
                User = $"system:serviceaccount:{installation.Namespace}:{account}",
                Groups = ["system:serviceaccounts", $"system:serviceaccounts:{installation.Namespace}", "system:authenticated"],
                ResourceAttributes = attributes,
            },
        };
        return (await installation.CallAsync((api, cancellation) => api.AuthorizationV1.CreateSubjectAccessReviewAsync(review, cancellationToken: cancellation))).Status.Allowed;
    }

    private static bool IsSelfManaged(V1PodSpec? pod) => (pod?.Containers ?? []).SelectMany(container => container.Env ?? []).Any(
        variable => variable is { Name: "ADMISSIONWEBHOOK__Certificate__Source", Value: "SelfManaged" });
}
