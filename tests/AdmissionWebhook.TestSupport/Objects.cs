using AdmissionWebhook.Policy.Configuration;
using AdmissionWebhook.Policy.Evaluation;
using AdmissionWebhook.Policy.Kinds;
using AdmissionWebhook.Policy.Manifests;

namespace AdmissionWebhook.TestSupport;

/// <summary>Objects, policies and requests from the YAML that a person would write.</summary>
public static class Objects
{
    /// <summary>The one object of a text; in namespace default where it names none.</summary>
    public static KubernetesObject Object(string yaml) => All(yaml).Single();

    /// <summary>Every object of a text whose kind is known.</summary>
    public static IEnumerable<KubernetesObject> All(string yaml)
    {
        var errors = new List<SourceError>();
        var manifests = Manifest.ReadAll("test.yaml", yaml, errors);
        ThrowIfAny(errors);
        return manifests.Where(manifest => manifest.Kind is not null).Select(manifest => manifest.Read("default"));
    }

    /// <summary>The policies of a text.</summary>
    public static PolicySet Policies(string yaml)
    {
        var errors = new List<SourceError>();
        var policies = PolicySet.Read(Manifest.ReadAll("test.yaml", yaml, errors), errors);
        ThrowIfAny(errors);
        return policies!;
    }

    /// <summary>A policy with these rules, each as <c>rule: {enforcement: …}</c>.</summary>
    public static PolicySet PolicyOf(params IEnumerable<string> rules) => Policies($$"""
        apiVersion: policy.admissionwebhook.dev/v1alpha1
        kind: TrafficPolicy
        metadata: {name: test}
        spec:
          rules:
            {{string.Join("\n    ", rules)}}
        """);

    /// <summary>The creation of an object.</summary>
    public static Subject Create(string yaml, AdmissionPhase phase = AdmissionPhase.Validating) =>
        new() { Phase = phase, Operation = Operation.Create, Object = Object(yaml) };

    /// <summary>The change of an object.</summary>
    public static Subject Update(string oldYaml, string yaml, AdmissionPhase phase = AdmissionPhase.Validating) =>
        new() { Phase = phase, Operation = Operation.Update, Object = Object(yaml), OldObject = Object(oldYaml) };

    private static void ThrowIfAny(List<SourceError> errors)
    {
        if (errors.Count > 0)
            throw new ArgumentException(string.Join('\n', errors));
    }
}
