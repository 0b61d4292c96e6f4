using AdmissionWebhook.Policy.Manifests;

namespace AdmissionWebhook.Policy.Tests.Resources;

public sealed class NearMissTests
{
    private readonly List<SourceError> _errors = [];

    [Theory]
    [InlineData("apiVersion: v1\nkind: service\nspec: {}", 2, "kind \"service\" does not exist; did you mean Service?")]
    [InlineData("apiVersion: v1\nkind: Services\nspec: {}", 2, "kind \"Services\" does not exist; did you mean Service?")]
    [InlineData("apiVersion: networking.k8s.io/v1\nkind: ingress\nspec: {}", 2, "kind \"ingress\" does not exist; did you mean Ingress?")]
    [InlineData("apiVersion: networking.k8s.io/v1\nkind: Ingres\nspec: {}", 2, "kind \"Ingres\" does not exist; did you mean Ingress?")]
    [InlineData("apiVersion: networking.k8s.io/v1\nkind: Ingressclass\nspec: {}", 2, "kind \"Ingressclass\" does not exist; did you mean IngressClass?")]
    [InlineData("apiVersion: v1\nkind: Ingress\nspec: {}", 1, "kind Ingress does not exist in apiVersion \"v1\"; did you mean networking.k8s.io/v1?")]
    [InlineData("apiVersion: apps/v1\nkind: Service\nspec: {}", 1, "kind Service does not exist in apiVersion \"apps/v1\"; did you mean v1?")]
    [InlineData("apiVersion: core/v1\nkind: Service\nspec: {}", 1, "kind Service does not exist in apiVersion \"core/v1\"; did you mean v1?")]
    [InlineData("apiVersion: networking.k8.io/v1\nkind: Ingress\nspec: {}", 1, "kind Ingress does not exist in apiVersion \"networking.k8.io/v1\"; did you mean networking.k8s.io/v1?")]
    [InlineData("apiVersion: gateway.networking.k8s.io/v1\nkind: IngressClass\nspec: {}", 1, "kind IngressClass does not exist in apiVersion \"gateway.networking.k8s.io/v1\"; did you mean networking.k8s.io/v1?")]
    public void Reports_a_kind_or_a_version_that_is_nearly_right(string yaml, int line, string message)
    {
        Assert.Equal(new("a.yaml", line, message), Assert.Single(Manifest.ReadAll("a.yaml", yaml, _errors)).NearMiss);
        Assert.Empty(_errors);
    }

    [Theory]
    [InlineData("kind: Service\nspec: {ports: [{port: 80}]}", 1, "apiVersion is required; did you mean apiVersion: v1?")]
    [InlineData("kind: Ingress\nmetadata: {name: web}", 1, "apiVersion is required; did you mean apiVersion: networking.k8s.io/v1?")]
    [InlineData("apiVersion: v1\nmetadata: {name: web}\nspec: {clusterIP: None}", 1, "kind is required; did you mean kind: Service?")]
    [InlineData("apiVersion: networking.k8s.io/v1\nspec: {rules: []}", 1, "kind is required; did you mean kind: Ingress?")]
    [InlineData("metadata: {name: web}\nspec: {controller: example.com/x}", 1, "apiVersion and kind are required; did you mean apiVersion: networking.k8s.io/v1 and kind: IngressClass?")]
    public void Reports_what_an_object_of_a_checked_kind_lacks(string yaml, int line, string message)
    {
        Assert.Empty(Manifest.ReadAll("a.yaml", yaml, _errors));
        Assert.Equal(new SourceError("a.yaml", line, message), Assert.Single(_errors));
    }

    [Theory]
    [InlineData("apiVersion: serving.knative.dev/v1\nkind: Service")]
    [InlineData("apiVersion: config.openshift.io/v1\nkind: Ingress")]
    [InlineData("apiVersion: networking.internal.knative.dev/v1alpha1\nkind: Ingress")]
    [InlineData("apiVersion: networking.istio.io/v1\nkind: ServiceEntry")]
    [InlineData("apiVersion: traefik.io/v1alpha1\nkind: IngressRoute")]
    [InlineData("apiVersion: multicluster.x-k8s.io/v1alpha1\nkind: ServiceImport")]
    [InlineData("apiVersion: networking.k8s.io/v1\nkind: ServiceCIDR")]
    [InlineData("apiVersion: v1\nkind: ServiceAccount")]
    [InlineData("apiVersion: v1\nkind: Secret")]
    [InlineData("apiVersion: resource.k8s.io/v1\nkind: DeviceClass")]
    [InlineData("apiVersion: storage.k8s.io/v1\nkind: StorageClass")]
    [InlineData("apiVersion: gateway.networking.k8s.io/v1\nkind: HTTPRoute\nspec: {parentRefs: [], rules: []}")]
    public void Leaves_other_kinds_alone(string yaml)
    {
        Assert.Null(Assert.Single(Manifest.ReadAll("a.yaml", yaml, _errors)).NearMiss);
        Assert.Empty(_errors);
    }

    [Theory]
    [InlineData("resources: [svc.yaml]")]
    [InlineData("apiVersion: v2\nname: shop\nversion: 0.1.0")]
    [InlineData("service: {type: ClusterIP, port: 80}\ningress: {enabled: true}")]
    [InlineData("on: [push]\njobs: {build: {runs-on: ubuntu}}")]
    [InlineData("services: {web: {image: nginx, ports: [\"80:80\"]}}")]
    [InlineData("- op: replace\n  path: /spec/type\n  value: NodePort")]
    [InlineData("just text")]
    [InlineData("[]")]
    [InlineData("a: 1\n---\nb: 2\n")]
    [InlineData("apiVersion: v1\nkind: Service\nmetadata: {name: {{ .Release.Name }}}\n")]
    [InlineData("{{- if .Values.ingress.enabled }}\napiVersion: v1\nkind: Service\n{{- end }}\n")]
    [InlineData("apiVersion: v1\nkind: Service\nmetadata:\n  name: web-{{ .Release.Name }}\n")]
    [InlineData("apiVersion: networking.k8s.io/v1\nkind: Ingress\nmetadata: {name: web}\nspec: {rules: [{host: \"{{ .Values.host }}\"}]}\n")]
    [InlineData("{% for host in hosts %}\na: b\n{% endfor %}\n")]
    public void Takes_a_file_without_objects_and_a_template_for_no_error(string yaml)
    {
        Assert.Empty(Manifest.ReadAll("a.yaml", yaml, _errors));
        Assert.Equal(SourceErrorSort.NoObjects, Assert.Single(_errors).Sort);
    }

    [Theory]
    [InlineData("apiVersion: v1\nkind: Service\n---\nresources: []\n", 4)]
    [InlineData("apiVersion: v1\nkind: List\nitems: [{apiVersion: v1, kind: Service}, {a: b}]\n", 3)]
    public void Rejects_something_else_beside_an_object(string yaml, int line)
    {
        Assert.Single(Manifest.ReadAll("a.yaml", yaml, _errors));
        Assert.Equal((line, SourceErrorSort.Invalid), (Assert.Single(_errors).Line, _errors[0].Sort));
    }
}
