using AdmissionWebhook.Policy.Reading;

namespace AdmissionWebhook.Server.Admission;

/// <summary>
/// The object or the old object of a review. API servers write its kind before it, so the reader reads it in place. If the kind
/// follows the object, the reader reads the object again.
/// </summary>
internal readonly ref struct SentObject
{
    private readonly ReadOnlySpan<byte> _json;
    private readonly ObjectForm _form;
    private readonly KubernetesObject? _read;

    /// <summary>Reads the object as the kind that is known so far.</summary>
    public SentObject(scoped ref ObjectReader json, ObjectForm form)
    {
        var start = json.Position;
        if (form.Kind is { } kind)
            _read = kind.ReadInside(ref json, form.Version, form.Namespace);
        else
            json.Skip();
        _form = form;
        _json = json.Since(start);
    }

    /// <summary>Whether its <c>spec</c> differs from that of <paramref name="old"/>.</summary>
    public bool ChangesSpecOf(SentObject old) => ObjectChange.IsInSpec(old._json, _json);

    /// <summary>The object; null if the review has none, or one that no rule checks.</summary>
    public KubernetesObject? As(ObjectForm form) =>
        form == _form ? _read
        : form.Kind is null || _json.IsEmpty || _json.SequenceEqual("null"u8) ? null
        : form.Kind.Read(_json, form.Version, form.Namespace);
}

/// <summary>How to read an object of a review.</summary>
/// <param name="Kind">Null for another kind or a subresource.</param>
/// <param name="Version">The API version of the object: <c>v1</c>.</param>
/// <param name="Namespace">The namespace of the request.</param>
internal readonly record struct ObjectForm(ResourceKind? Kind, string Version, string? Namespace);
