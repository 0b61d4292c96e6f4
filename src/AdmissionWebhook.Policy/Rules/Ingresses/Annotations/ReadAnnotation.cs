using AdmissionWebhook.Policy.Controllers;
using AdmissionWebhook.Policy.Values;

namespace AdmissionWebhook.Policy.Rules.Ingresses.Annotations;

/// <summary>An annotation of an Ingress and the controller that reads it.</summary>
/// <param name="Key">As written, with the prefix.</param>
/// <param name="Value">As written.</param>
/// <param name="Reader">The controller.</param>
/// <param name="Known">Its entry in the catalogue; null if the controller has no annotation of that name.</param>
public readonly record struct ReadAnnotation(string Key, string Value, IngressController Reader, Annotation? Known)
{
    /// <summary>The part after the prefix.</summary>
    public string Name => Key[(Key.LastIndexOf('/') + 1)..];

    /// <summary>
    /// Whether it adds text to the configuration of its reader. A name with the ending of a snippet counts too: newer versions have more of them.
    /// </summary>
    public bool AddsConfiguration =>
        Known is { IsSnippet: true } known
            ? known.AddsConfiguration(Value)
            : Key.EndsWith("-snippet", StringComparison.Ordinal) || Key.EndsWith("-snippets", StringComparison.Ordinal);

    /// <summary>Its place in the object.</summary>
    public FieldPath At => FieldPath.Metadata / "annotations" / Key;

    /// <summary>The annotation of a key; null if no known controller reads it.</summary>
    /// <param name="key">As written.</param>
    /// <param name="value">As written.</param>
    /// <param name="prefix">The prefix of ingress-nginx.</param>
    public static ReadAnnotation? Of(string key, string value, string prefix)
    {
        var nginx = IngressController.IngressNginx;
        if (NginxAnnotation.HasPrefix(key, prefix))
        {
            var usual = prefix == NginxAnnotation.DefaultPrefix ? key : NginxAnnotation.DefaultPrefix + key[prefix.Length..];
            return new(key, value, nginx, nginx.Annotations.Find(usual));
        }

        return IngressController.ReaderOf(key) is { } reader && reader != nginx ? new(key, value, reader, reader.Annotations.Find(key)) : null;
    }

    /// <summary>The annotation of a key for a controller that ignores prefixes; null if no such controller reads it.</summary>
    /// <param name="key">As written.</param>
    /// <param name="value">As written.</param>
    public static ReadAnnotation? OfAnyPrefix(string key, string value) =>
        IngressController.FindByBareName(key) is var (reader, known) && reader.Annotations.Find(key) is null ? new(key, value, reader, known) : null;
}
