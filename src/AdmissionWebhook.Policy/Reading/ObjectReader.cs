using System.Text;
using System.Text.Json;
using AdmissionWebhook.Policy.Values;

namespace AdmissionWebhook.Policy.Reading;

/// <summary>Reads one item of a list; the reader stands on its opening brace.</summary>
public delegate T ItemReader<out T>(ref ObjectReader json, int index);

/// <summary>
/// Reads a Kubernetes object from its JSON in one pass. It is tolerant: unknown fields are skipped, null means absent, and a
/// value of the wrong type is recorded as a <see cref="Malformation"/> and read as absent.
/// </summary>
/// <remarks>Throws <see cref="JsonException"/> only where the text is not JSON at all.</remarks>
public ref partial struct ObjectReader
{
    /// <summary>
    /// How deep JSON may nest: what an API server reads itself (Go's 10,000), and the review around it. Less would let an object that it
    /// accepts skip validation.
    /// </summary>
    public const int MaxDepth = 10_100;

    /// <summary>The same for a text that is parsed as a whole, in time that grows with its size and its depth: for those of administrators alone.</summary>
    public static readonly JsonDocumentOptions DocumentOptions = new() { MaxDepth = MaxDepth };

    internal static readonly JsonReaderOptions Options = new() { MaxDepth = MaxDepth };

    private const int MostMalformations = 20;

    private readonly ReadOnlySpan<byte> _json;
    private Utf8JsonReader _reader;
    private ReadOnlySpan<byte> _field;
    private List<Malformation>? _malformed;
    private int _start;
    private Extent _extent;

    /// <summary>Stands on the first token of <paramref name="json"/>.</summary>
    /// <param name="json">One JSON value, UTF-8.</param>
    /// <param name="apiVersion">Version part of the object's apiVersion; fields moved between versions.</param>
    public ObjectReader(ReadOnlySpan<byte> json, string apiVersion)
    {
        _json = json;
        _reader = new Utf8JsonReader(json, Options);
        _reader.Read();
        ApiVersion = apiVersion;
    }

    /// <summary>The version the object is written in: <c>v1</c>.</summary>
    public string ApiVersion { get; private set; }

    /// <summary>What could not be read so far.</summary>
    public readonly ImmutableArray<Malformation> Malformed => _malformed is null ? [] : [.. _malformed];

    /// <summary>What there was more of so far than is kept.</summary>
    public readonly ImmutableArray<Excess> Excesses => _extent.ToExcesses();

    /// <summary>True when an object begins here: go through it with <see cref="NextField"/>. False when the value is absent.</summary>
    public bool Begin()
    {
        if (_reader.TokenType == JsonTokenType.StartObject)
            return true;

        Absent("an object");
        return false;
    }

    /// <summary>Moves to the next field's value; false at the object's end.</summary>
    public bool NextField()
    {
        _reader.Read();
        if (_reader.TokenType == JsonTokenType.EndObject)
            return false;

        _field = _reader.ValueIsEscaped ? Encoding.UTF8.GetBytes(Unescape(ref _reader) ?? "") : _reader.ValueSpan;
        _reader.Read();
        return true;
    }

    /// <summary>Whether the field just reached has this name.</summary>
    public readonly bool Is(ReadOnlySpan<byte> name) => _field.SequenceEqual(name);

    /// <summary>Skips a value.</summary>
    public void Skip() => _reader.Skip();

    /// <summary>Skips an object; false if the value is absent.</summary>
    public bool SkipObject()
    {
        var begins = Begin();
        if (begins)
            _reader.Skip();
        return begins;
    }

    /// <summary>Where the value just reached begins.</summary>
    public readonly int Position => (int)_reader.TokenStartIndex;

    /// <summary>What has been read since <paramref name="position"/>, as written.</summary>
    public readonly ReadOnlySpan<byte> Since(int position) => _json[position..(int)_reader.BytesConsumed];

    /// <summary>Whether the value just reached is null.</summary>
    public readonly bool IsNull => _reader.TokenType == JsonTokenType.Null;

    /// <summary>Begins the object just reached as if it stood alone.</summary>
    /// <returns>What to end it with.</returns>
    internal Around BeginInside(string apiVersion)
    {
        var around = new Around(ApiVersion, _malformed, _start, _extent);
        (ApiVersion, _malformed, _start, _extent) = (apiVersion, null, Position, default);
        return around;
    }

    /// <summary>Goes on with what is around an object.</summary>
    internal void EndInside(Around around) => (ApiVersion, _malformed, _start, _extent) = around;

    /// <summary>What is around an object that stands inside another text.</summary>
    internal readonly record struct Around(string ApiVersion, List<Malformation>? Malformed, int Start, Extent Extent);

    /// <summary>Makes sure that nothing follows the value.</summary>
    public void End() => _reader.Read();

    /// <summary>A whole number of 32 bits, or null.</summary>
    public int? Integer()
    {
        if (_reader.TokenType == JsonTokenType.Number && _reader.TryGetInt32(out var number))
            return number;

        Absent("a whole number");
        return null;
    }

    /// <summary>True or false, or null.</summary>
    public bool? Flag()
    {
        if (_reader.TokenType is JsonTokenType.True or JsonTokenType.False)
            return _reader.TokenType == JsonTokenType.True;

        Absent("true or false");
        return null;
    }

    /// <summary>A port as in older versions of the field: a number or a name (IntOrString of Kubernetes).</summary>
    public PortReference? NumberOrName() => _reader.TokenType == JsonTokenType.String
        ? new PortReference(null, Text())
        : Integer() is { } number ? new PortReference(number, null) : null;

    /// <summary>A list of strings; an item that is not a string reads as empty, so that the others keep their index.</summary>
    /// <param name="bound">How many are kept, of all lists in the object that count as the same; <see cref="Excesses"/> has the others.</param>
    public ImmutableArray<string> TextList(Bound bound)
    {
        if (!BeginList())
            return [];

        using var texts = new BorrowedList<string>();
        while (NextItem())
        {
            if (_extent.Add(bound, 1))
                texts.Add(Text() ?? "");
            else
                Skip();
        }

        return texts.ToImmutable();
    }

    /// <summary>
    /// A list of objects; an item that is not an object is left out, and the others keep their index. Null is an object without fields, as
    /// the API server stores it.
    /// </summary>
    /// <param name="readItem">Reads an item.</param>
    /// <param name="bound">How many are kept, of all lists in the object that count as the same; null where the API server bounds them itself.</param>
    public ImmutableArray<T> List<T>(ItemReader<T> readItem, Bound? bound = null)
    {
        if (!BeginList())
            return [];

        using var items = new BorrowedList<T>();
        for (var index = 0; NextItem(); index++)
        {
            if (bound is not null && !_extent.Add(bound, 1))
                Skip();
            else if (_reader.TokenType == JsonTokenType.Null)
                items.Add(ReadEmpty(readItem, index));
            else if (Begin())
                items.Add(readItem(ref this, index));
        }

        return items.ToImmutable();
    }

    /// <summary>A map from string to string, in the order written.</summary>
    /// <param name="bound">How many entries are kept, or how many bytes of them where it counts bytes.</param>
    public TextMap Map(Bound bound)
    {
        if (!Begin())
            return TextMap.Empty;

        using var entries = new BorrowedList<KeyValuePair<string, string>>();
        while (NextField())
        {
            // A second copy of the object, for kubectl only.
            if (Is("kubectl.kubernetes.io/last-applied-configuration"u8))
            {
                Skip();
                continue;
            }

            // The API server counts the value without its escapes.
            var key = _field;
            var written = _reader.ValueIsEscaped ? 0 : _reader.ValueSpan.Length;
            var value = Value();
            var size = bound != Bound.AnnotationBytes ? 1 : key.Length + (written > 0 || value is null ? written : Encoding.UTF8.GetByteCount(value));
            if (_extent.Add(bound, size) && value is not null)
                entries.Add(new(TextPool.Get(key), value));
        }

        return new TextMap(entries.ToImmutable());
    }

    private readonly T ReadEmpty<T>(ItemReader<T> readItem, int index)
    {
        var empty = new ObjectReader("{}"u8, ApiVersion);
        empty.Begin();
        return readItem(ref empty, index);
    }

    private bool BeginList()
    {
        if (_reader.TokenType == JsonTokenType.StartArray)
            return true;

        Absent("a list");
        return false;
    }

    private bool NextItem() => _reader.Read() && _reader.TokenType != JsonTokenType.EndArray;

    private void Absent(string expected)
    {
        if (_reader.TokenType == JsonTokenType.Null)
            return;

        var start = _reader.TokenStartIndex;
        _reader.Skip();
        if (_malformed is { Count: >= MostMalformations })
            return;

        var value = _reader is { TokenType: JsonTokenType.String, ValueIsEscaped: true } && Unescape(ref _reader) is { } text
            ? Encoding.UTF8.GetBytes($"\"{text}\"")
            : _json[(int)start..(int)_reader.BytesConsumed];
        (_malformed ??= []).Add(new(Malformation.PathAt(_json[_start..], start - _start), expected, Shorten(value)));
    }

    private static string Shorten(ReadOnlySpan<byte> value) =>
        value.Length <= 40 ? Encoding.UTF8.GetString(value) : Encoding.UTF8.GetString(value[..40]) + "…";
}
