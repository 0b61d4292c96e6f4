using System.Text;
using System.Text.Json.Nodes;
using AdmissionWebhook.Cli.Clusters;
using AdmissionWebhook.Policy.Reading;
using AdmissionWebhook.Policy.Routing;
using AdmissionWebhook.Policy.Rules.Schema;

namespace AdmissionWebhook.Cli;

/// <summary>
/// Takes a bundle through the two phases of admission, as an API server does: it checks each object, and each object can see
/// the others.
/// </summary>
internal sealed class Admission
{
    private readonly Bundle _bundle;
    private readonly PolicySet _policies;
    private readonly ClusterState _cluster;
    private readonly Dictionary<ObjectReference, StoredObject> _old;

    private Admission(Bundle bundle, PolicySet policies)
    {
        _bundle = bundle;
        _policies = policies;
        _cluster = bundle.Cluster?.State ?? ClusterState.Unknown;
        _old = FindOld(bundle);
    }

    /// <summary>One verdict for each manifest, in the same order.</summary>
    public static ImmutableArray<Verdict> Judge(Bundle bundle, PolicySet policies)
    {
        var admission = new Admission(bundle, policies);
        ImmutableArray<Verdict> sent = [.. bundle.Manifests.AsParallel().AsOrdered().Select(manifest => new Verdict(manifest, bundle.Read(manifest), [], []))];
        var before = admission.StateWith(sent);
        var filled = admission.Run(AdmissionPhase.Mutating, [.. sent.Select(verdict => admission.WithDefaultClass(verdict, before))], before);
        var after = filled.Any(verdict => verdict.Filled is not null) ? admission.StateWith(filled) : before;
        return admission.Run(AdmissionPhase.Validating, filled, after);
    }

    private static Dictionary<ObjectReference, StoredObject> FindOld(Bundle bundle)
    {
        var old = bundle.Old is { } written ? bundle.ReadAll(written) : FindStored(bundle);
        var byReference = new Dictionary<ObjectReference, StoredObject>();
        foreach (var stored in old)
            byReference[stored.Object.Reference] = stored;

        // One object and one old copy belong together, whatever their names are.
        if (bundle.Old is not null && old is [var former] && bundle.References.ToList() is [var only] && only.Kind == former.Object.Kind)
            byReference[only] = former;
        return byReference;
    }

    /// <summary>
    /// Manifests of a cluster can contain the checked objects themselves; only a live cluster proves that an object exists already.
    /// </summary>
    private static ImmutableArray<StoredObject> FindStored(Bundle bundle) =>
        bundle.Cluster is { } cluster && (bundle.Operation ?? (cluster.IsLive ? Operation.Update : null)) == Operation.Update ? cluster.Objects : [];

    /// <summary>The cluster state during the check. Objects that are deleted together do not block each other: an Ingress and its Service.</summary>
    private ClusterState StateWith(ImmutableArray<Verdict> verdicts)
    {
        var objects = verdicts.Select(verdict => verdict.Object).OfType<KubernetesObject>();
        return _bundle.Operation == Operation.Delete ? objects.Aggregate(_cluster, (known, deleted) => known.Without(deleted.Reference)) : _cluster.With(objects);
    }

    private ImmutableArray<Verdict> Run(AdmissionPhase phase, ImmutableArray<Verdict> verdicts, ClusterState state) =>
        [.. verdicts.AsParallel().AsOrdered().Select(verdict => verdict.Object is null ? verdict : Add(PolicyEngine.Decide(SubjectOf(verdict, verdict.Object, phase), _policies, state), verdict))];

    /// <summary>
    /// API servers set the default class of the cluster in a new Ingress before they call webhooks (DefaultIngressClass), so no policy sets it.
    /// </summary>
    private Verdict WithDefaultClass(Verdict verdict, ClusterState state) =>
        verdict.Object is Ingress { HasSpec: true, NamesClass: false, Malformed.IsEmpty: true } ingress && OperationOn(ingress) == Operation.Create && state.ClassOf(ingress).Name is { } name
            ? Fill(verdict, [new(FieldPath.Spec / "ingressClassName", JsonValue.Create(name))])
            : verdict;

    private Operation OperationOn(KubernetesObject sent) => _bundle.Operation ?? (_old.ContainsKey(sent.Reference) ? Operation.Update : Operation.Create);

    private Subject SubjectOf(Verdict verdict, KubernetesObject sent, AdmissionPhase phase)
    {
        var old = _old.GetValueOrDefault(sent.Reference);
        var operation = OperationOn(sent);
        return new()
        {
            Phase = phase,
            Operation = operation,
            Object = operation == Operation.Delete ? null : sent,
            OldObject = operation == Operation.Delete ? sent : old?.Object,
            User = _bundle.User,
            Time = _bundle.Time,
            Written = verdict.Filled ?? verdict.Manifest!.Json,
            ChangesSpec = old?.Json is not { } stored || verdict.Forms.All(form => ObjectChange.IsInSpec(stored, form)),
        };
    }

    private Verdict Add(Decision decision, Verdict verdict)
    {
        var result = verdict with { Findings = verdict.Findings.AddRange(WithoutRepetition(decision.Findings)), Patch = verdict.Patch.AddRange(decision.Patch) };
        return decision.Patch.IsEmpty ? result : Fill(result, decision.Patch);
    }

    /// <summary>Of two rules that deny a field for the same reason, the one that says more stands.</summary>
    private static ImmutableArray<Finding> WithoutRepetition(ImmutableArray<Finding> findings)
    {
        var stronger = findings.Where(finding => finding.Enforcement == Enforcement.Deny && SchemaValid.YieldsTo.Contains(finding.Rule.Id)).Select(finding => finding.Field).ToHashSet();
        return stronger.Count == 0 ? findings : findings.RemoveAll(finding => finding.Rule is SchemaValid && stronger.Contains(finding.Field));
    }

    private Verdict Fill(Verdict verdict, ImmutableArray<PatchOperation> patch)
    {
        var manifest = verdict.Manifest!;
        var json = JsonNode.Parse(verdict.Filled ?? manifest.Json)!;
        foreach (var operation in patch)
            operation.ApplyTo(json);
        var filled = Encoding.UTF8.GetBytes(json.ToJsonString());
        return verdict with { Object = manifest.Kind!.Read(filled, manifest.ApiVersion, _bundle.Namespace), Filled = filled };
    }
}
