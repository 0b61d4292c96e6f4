using System.Text;
using System.Text.Json.Nodes;
using AdmissionWebhook.Policy.Configuration;
using AdmissionWebhook.Policy.Evaluation;
using AdmissionWebhook.Policy.Resources;

namespace AdmissionWebhook.Cli;

/// <summary>
/// Takes a bundle through the two phases of admission, as an API server would: each object is judged, and each is there for
/// the others.
/// </summary>
internal sealed class Admission
{
    private readonly Bundle _bundle;
    private readonly PolicySet _policies;
    private readonly ClusterState _cluster;
    private readonly Dictionary<ObjectReference, KubernetesObject> _old;

    private Admission(Bundle bundle, PolicySet policies)
    {
        _bundle = bundle;
        _policies = policies;
        _cluster = bundle.Cluster?.State ?? ClusterState.Unknown;
        _old = FindOld(bundle);
    }

    /// <summary>One verdict for each manifest, in their order.</summary>
    public static ImmutableArray<Verdict> Judge(Bundle bundle, PolicySet policies)
    {
        var admission = new Admission(bundle, policies);
        var sent = bundle.Manifests.Select(manifest => new Verdict(manifest, bundle.Read(manifest), [], []));
        return admission.Run(AdmissionPhase.Validating, admission.Run(AdmissionPhase.Mutating, [.. sent]));
    }

    private static Dictionary<ObjectReference, KubernetesObject> FindOld(Bundle bundle)
    {
        var old = bundle.Old is null ? FindStored(bundle) : bundle.ReadAll(bundle.Old);
        var byReference = new Dictionary<ObjectReference, KubernetesObject>();
        foreach (var stored in old)
            byReference[stored.Reference] = stored;

        // One object and one old copy belong together, whatever they are called.
        if (bundle.Old is not null && old is [var former] && bundle.ReadAll(bundle.Manifests) is [var only] && only.Kind == former.Kind)
            byReference[only.Reference] = former;
        return byReference;
    }

    /// <summary>Manifests of a cluster may well be those that are judged; only a live cluster says by itself that an object exists already.</summary>
    private static ImmutableArray<KubernetesObject> FindStored(Bundle bundle) =>
        bundle.Cluster is { } cluster && (bundle.Operation ?? (cluster.IsLive ? Operation.Update : null)) == Operation.Update
            ? [.. cluster.Objects.Select(stored => stored.Object)]
            : [];

    private ImmutableArray<Verdict> Run(AdmissionPhase phase, ImmutableArray<Verdict> verdicts)
    {
        var state = _cluster.With(verdicts.Select(verdict => verdict.Object).OfType<KubernetesObject>());
        return [.. verdicts.Select(verdict => verdict.Object is null ? verdict : Add(Decide(verdict.Object, phase, state), verdict))];
    }

    private Decision Decide(KubernetesObject sent, AdmissionPhase phase, ClusterState state) =>
        PolicyEngine.Decide(SubjectOf(sent, phase), _policies, state);

    private Subject SubjectOf(KubernetesObject sent, AdmissionPhase phase)
    {
        var old = _old.GetValueOrDefault(sent.Reference);
        var operation = _bundle.Operation ?? (old is null ? Operation.Create : Operation.Update);
        return new()
        {
            Phase = phase,
            Operation = operation,
            Object = operation == Operation.Delete ? null : sent,
            OldObject = operation == Operation.Delete ? sent : old,
            User = _bundle.User,
        };
    }

    private Verdict Add(Decision decision, Verdict verdict) => verdict with
    {
        Object = decision.Patch.IsEmpty ? verdict.Object : Apply(decision.Patch, verdict.Manifest!),
        Findings = verdict.Findings.AddRange(decision.Findings),
        Patch = verdict.Patch.AddRange(decision.Patch),
    };

    private KubernetesObject Apply(ImmutableArray<PatchOperation> patch, Manifest manifest)
    {
        var json = JsonNode.Parse(manifest.Json)!;
        foreach (var operation in patch)
            operation.ApplyTo(json);
        return manifest.Kind!.Read(Encoding.UTF8.GetBytes(json.ToJsonString()), manifest.ApiVersion, _bundle.Namespace);
    }
}
