using AdmissionWebhook.Policy.Kinds;
using AdmissionWebhook.Policy.Reading;

namespace AdmissionWebhook.Server.Admission;

/// <summary>
/// The object or the old object of a review. API servers write what it is before it, so it is read where it stands; only where more
/// is told behind it, it is read again from there.
/// </summary>
internal readonly ref struct SentObject
{
    private readonly ReadOnlySpan<byte> _json;
    private readonly ObjectForm _form;
    private readonly KubernetesObject? _read;

    /// <summary>Reads it as far as is known what it is.</summary>
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

    /// <summary>Whether it says anything in <c>spec</c> that <paramref name="old"/> does not.</summary>
    public bool ChangesSpecOf(SentObject old) => ObjectChange.IsInSpec(old._json, _json);

    /// <summary>The object; null where none was sent, or none of ours.</summary>
    public KubernetesObject? As(ObjectForm form) =>
        form == _form ? _read
        : form.Kind is null || _json.IsEmpty || _json.SequenceEqual("null"u8) ? null
        : form.Kind.Read(_json, form.Version, form.Namespace);
}

/// <summary>How an object of a review is to be read.</summary>
/// <param name="Kind">Null where it is none of ours: another kind, or of a subresource.</param>
/// <param name="Version">The version it is written in: <c>v1</c>.</param>
/// <param name="Namespace">The namespace of the request.</param>
internal readonly record struct ObjectForm(ResourceKind? Kind, string Version, string? Namespace);
