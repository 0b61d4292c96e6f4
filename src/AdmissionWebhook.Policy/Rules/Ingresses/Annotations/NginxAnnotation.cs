using AdmissionWebhook.Policy.Controllers;
using AdmissionWebhook.Policy.Evaluation;
using AdmissionWebhook.Policy.Values;

namespace AdmissionWebhook.Policy.Rules.Ingresses.Annotations;

/// <summary>An annotation of an Ingress with the prefix of ingress-nginx, known or not.</summary>
/// <param name="Key">As written, with the prefix.</param>
/// <param name="Name">The part after the prefix.</param>
/// <param name="Value">As written.</param>
/// <param name="Known">Its entry in the catalogue; null if there is no annotation of that name.</param>
public readonly record struct NginxAnnotation(string Key, string Name, string Value, Annotation? Known)
{
    /// <summary>The prefix unless the controller has another one (<c>--annotations-prefix</c>).</summary>
    public const string DefaultPrefix = "nginx.ingress.kubernetes.io";

    /// <summary>Its place in the object.</summary>
    public FieldPath At => FieldPath.Metadata / "annotations" / Key;

    /// <summary>The value as a message shows it, shortened: a value can be as long as a manifest.</summary>
    public string Shown => Show(Value);

    /// <summary>Whether a key has this prefix and a name after it.</summary>
    public static bool HasPrefix(string key, string prefix) => key.Length > prefix.Length && key[prefix.Length] == '/' && key.StartsWith(prefix, StringComparison.Ordinal);

    /// <summary>The annotation of a key with a prefix of ingress-nginx.</summary>
    public static NginxAnnotation Of(string key, string value, string prefix) =>
        new(key, key[(prefix.Length + 1)..], value, IngressController.IngressNginx.Annotations.Find(prefix == DefaultPrefix ? key : DefaultPrefix + key[prefix.Length..]));

    /// <summary>The value, shortened if it is long.</summary>
    public static string Show(string value) => value.Length <= 60 ? value : Printable.Shorten(value, 57);
}
