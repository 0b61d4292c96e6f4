using AdmissionWebhook.Policy.Controllers;
using AdmissionWebhook.Policy.Evaluation;
using AdmissionWebhook.Policy.Values;

namespace AdmissionWebhook.Policy.Rules.Ingresses.Annotations;

/// <summary>An annotation of an Ingress that ingress-nginx reads, or would read if there were one of that name.</summary>
/// <param name="Key">As written, with the prefix.</param>
/// <param name="Name">Behind the prefix.</param>
/// <param name="Value">As written.</param>
/// <param name="Known">What is known of it; null where there is no annotation of that name.</param>
public readonly record struct NginxAnnotation(string Key, string Name, string Value, Annotation? Known)
{
    /// <summary>The prefix where the controller is not told of another (<c>--annotations-prefix</c>).</summary>
    public const string DefaultPrefix = "nginx.ingress.kubernetes.io";

    /// <summary>Where it stands.</summary>
    public FieldPath At => FieldPath.Metadata / "annotations" / Key;

    /// <summary>The value as a message shows it: values can be as long as a manifest.</summary>
    public string Shown => Show(Value);

    /// <summary>Whether a key has this prefix and a name behind it.</summary>
    public static bool HasPrefix(string key, string prefix) => key.Length > prefix.Length && key[prefix.Length] == '/' && key.StartsWith(prefix, StringComparison.Ordinal);

    /// <summary>What a key under a prefix of ingress-nginx stands for.</summary>
    public static NginxAnnotation Of(string key, string value, string prefix) =>
        new(key, key[(prefix.Length + 1)..], value, IngressController.IngressNginx.Annotations.Find(prefix == DefaultPrefix ? key : DefaultPrefix + key[prefix.Length..]));

    /// <summary>The beginning of a value that is long.</summary>
    public static string Show(string value) => value.Length <= 60 ? value : Printable.Shorten(value, 57);
}
