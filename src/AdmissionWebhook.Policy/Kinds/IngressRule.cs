using AdmissionWebhook.Policy.Reading;
using AdmissionWebhook.Policy.Values;

namespace AdmissionWebhook.Policy.Kinds;

/// <summary>One of spec.rules.</summary>
/// <param name="Index">Where it stands in the list.</param>
/// <param name="Host">Every host where none is written.</param>
/// <param name="Paths">http.paths.</param>
public sealed record IngressRule(int Index, Host Host, ImmutableArray<IngressPath> Paths)
{
    /// <summary>Where it stands in the Ingress.</summary>
    public FieldPath At => FieldPath.Spec / "rules" / Index;

    internal static IngressRule Read(ref ObjectReader json, int index)
    {
        string? host = null;
        ImmutableArray<IngressPath> paths = [];

        while (json.NextField())
        {
            if (json.Is("host"u8))
            {
                host = json.Text();
            }
            else if (json.Is("http"u8) && json.Begin())
            {
                while (json.NextField())
                {
                    if (json.Is("paths"u8))
                        paths = json.List((ref ObjectReader item, int path) => IngressPath.Read(ref item, index, path), Bound.Paths);
                    else
                        json.Skip();
                }
            }
            else
            {
                json.Skip();
            }
        }

        return new(index, Host.Parse(host), paths);
    }
}

/// <summary>One of a rule's http.paths.</summary>
/// <param name="Rule">The rule's place in spec.rules.</param>
/// <param name="Index">Its own place in the rule.</param>
/// <param name="Path">As written; null where absent, which means <c>/</c>.</param>
/// <param name="PathType">Exact, Prefix or ImplementationSpecific; null where absent.</param>
/// <param name="Backend">Null where absent.</param>
public sealed record IngressPath(int Rule, int Index, string? Path, string? PathType, IngressBackend? Backend)
{
    /// <summary>Where it stands in the Ingress.</summary>
    public FieldPath At => FieldPath.Spec / "rules" / Rule / "http" / "paths" / Index;

    internal static IngressPath Read(ref ObjectReader json, int rule, int index)
    {
        string? path = null, pathType = null;
        IngressBackend? backend = null;

        while (json.NextField())
        {
            if (json.Is("path"u8))
                path = json.Text();
            else if (json.Is("pathType"u8))
                pathType = json.Text();
            else if (json.Is("backend"u8) && json.Begin())
                backend = IngressBackend.Read(ref json, rule, index);
            else
                json.Skip();
        }

        // The API server fills in this default of the old version itself.
        var absent = json.ApiVersion == "v1beta1" ? "ImplementationSpecific" : null;
        return new(rule, index, path, string.IsNullOrEmpty(pathType) ? absent : pathType, backend);
    }
}
