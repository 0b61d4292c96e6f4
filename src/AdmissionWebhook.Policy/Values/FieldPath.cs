using System.Globalization;
using System.Text;

namespace AdmissionWebhook.Policy.Values;

/// <summary>
/// A place inside an object, composed from the root down: <c>spec.rules[0].host</c> to people,
/// <c>/spec/rules/0/host</c> to a JSON patch. Text is built only when somebody asks for it.
/// </summary>
public sealed class FieldPath : IEquatable<FieldPath>
{
    private readonly FieldPath? _parent;
    private readonly string? _name;
    private readonly int _index;

    private FieldPath(FieldPath? parent, string? name, int index)
    {
        _parent = parent;
        _name = name;
        _index = index;
    }

    /// <summary>The object itself.</summary>
    public static FieldPath Root { get; } = new(null, null, 0);

    /// <summary><c>metadata</c>, where nearly every path that is not below <see cref="Spec"/> begins.</summary>
    public static FieldPath Metadata { get; } = Root / "metadata";

    /// <summary><c>spec</c>.</summary>
    public static FieldPath Spec { get; } = Root / "spec";

    /// <summary>The member <paramref name="name"/> of an object, or the key of a map.</summary>
    public static FieldPath operator /(FieldPath parent, string name) => new(parent, name, 0);

    /// <summary>The item <paramref name="index"/> of a list, counted from zero.</summary>
    public static FieldPath operator /(FieldPath parent, int index) => new(parent, null, index);

    /// <summary>The enclosing place; null at the root.</summary>
    public FieldPath? Parent => _parent;

    /// <summary>The last step's member name; null when it is a list index or the root.</summary>
    public string? Name => _name;

    /// <summary>The last step's list index; meaningless when <see cref="Name"/> is set.</summary>
    public int Index => _index;

    /// <summary>The steps from the root to here, the root excluded.</summary>
    public IReadOnlyList<FieldPath> Steps
    {
        get
        {
            var steps = new List<FieldPath>();
            for (var step = this; step._parent is not null; step = step._parent)
                steps.Add(step);
            steps.Reverse();
            return steps;
        }
    }

    /// <summary>The place <paramref name="inner"/>, which is relative to this one, seen from this one's root.</summary>
    public FieldPath Append(FieldPath inner) =>
        inner.Steps.Aggregate(this, (path, step) => step._name is { } name ? path / name : path / step._index);

    /// <summary>As Kubernetes writes field paths: map keys that are not plain names stand in brackets.</summary>
    public override string ToString()
    {
        var text = new StringBuilder();
        foreach (var step in Steps)
        {
            if (step._name is null)
                text.Append('[').Append(step._index.ToString(CultureInfo.InvariantCulture)).Append(']');
            else if (step._name.AsSpan().IndexOfAnyExcept(PlainName) >= 0)
                text.Append('[').Append(step._name).Append(']');
            else
                text.Append(text.Length == 0 ? "" : ".").Append(step._name);
        }

        return text.ToString();
    }

    /// <summary>As a JSON pointer (RFC 6901).</summary>
    public string ToPointer()
    {
        var text = new StringBuilder();
        foreach (var step in Steps)
        {
            text.Append('/');
            if (step._name is null)
                text.Append(step._index.ToString(CultureInfo.InvariantCulture));
            else
                text.Append(step._name.Replace("~", "~0", StringComparison.Ordinal).Replace("/", "~1", StringComparison.Ordinal));
        }

        return text.ToString();
    }

    /// <inheritdoc/>
    public bool Equals(FieldPath? other)
    {
        var mine = this;
        while (!ReferenceEquals(mine, other))
        {
            if (mine is null || other is null || mine._index != other._index || mine._name != other._name)
                return false;
            (mine, other) = (mine._parent!, other._parent);
        }

        return true;
    }

    /// <inheritdoc/>
    public override bool Equals(object? obj) => Equals(obj as FieldPath);

    /// <inheritdoc/>
    public override int GetHashCode() => HashCode.Combine(_name, _index, _parent?.GetHashCode());

    private static readonly System.Buffers.SearchValues<char> PlainName =
        System.Buffers.SearchValues.Create("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_");
}
