using System.Globalization;
using AdmissionWebhook.Policy.Values;

namespace AdmissionWebhook.Server.Settings;

/// <summary>The written settings. It remembers every key that the server reads, and reports every other key as an error.</summary>
internal sealed class WrittenSettings(IConfiguration written)
{
    private readonly List<string> _known = [];
    private readonly List<string> _mistakes = [];

    /// <summary>Values of the wrong type, and unknown names.</summary>
    public IEnumerable<string> Mistakes => _mistakes.Concat(
        from entry in written.AsEnumerable()
        where entry.Value is not null && !_known.Contains(WithoutIndex(entry.Key), StringComparer.OrdinalIgnoreCase)
        orderby entry.Key
        select $"{entry.Key}: is not a setting{DidYouMean(entry.Key, _known)}");

    public string? Text(string key)
    {
        _known.Add(key);
        return written[key] is { Length: > 0 } text ? text : null;
    }

    public int Number(string key, int byDefault) =>
        Read(key, byDefault, "a whole number", text => int.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var number) ? number : null);

    /// <summary>A duration as in policies, and in seconds too: 90d, 12h, 30m, 10s.</summary>
    public TimeSpan Duration(string key, TimeSpan byDefault) => Read<TimeSpan>(key, byDefault, "a duration in days, hours, minutes or seconds, like 90d, 12h, 30m or 10s", text =>
        !int.TryParse(text.AsSpan(0, text.Length - 1), NumberStyles.None, CultureInfo.InvariantCulture, out var count) || count > 99_999 ? null : text[^1] switch
        {
            'd' => TimeSpan.FromDays(count),
            'h' => TimeSpan.FromHours(count),
            'm' => TimeSpan.FromMinutes(count),
            's' => TimeSpan.FromSeconds(count),
            _ => null,
        });

    public bool Flag(string key, bool byDefault) =>
        Read(key, byDefault, "true or false", text => bool.TryParse(text, out var flag) ? flag : null);

    public T Choice<T>(string key, T byDefault) where T : struct, Enum
    {
        var names = Enum.GetNames<T>();
        return Read(key, byDefault, $"one of {string.Join(", ", names)}", text =>
            names.FirstOrDefault(name => name.Equals(text, StringComparison.OrdinalIgnoreCase)) is { } name ? Enum.Parse<T>(name) : null);
    }

    /// <summary>The entries under <c>key:0</c>, <c>key:1</c>, …; the key itself can hold a single entry.</summary>
    public ImmutableArray<string> List(string key, params ImmutableArray<string> byDefault)
    {
        var entries = written.GetSection(key).GetChildren().Select(entry => entry.Value).Prepend(Text(key)).OfType<string>().ToImmutableArray();
        return entries.IsEmpty ? byDefault : entries;
    }

    private T Read<T>(string key, T byDefault, string expected, Func<string, T?> read) where T : struct
    {
        if (Text(key) is not { } text)
            return byDefault;
        if (read(text) is { } value)
            return value;

        _mistakes.Add($"{key}: must be {expected}, not \"{text}\".");
        return byDefault;
    }

    private static string WithoutIndex(string key) =>
        key.LastIndexOf(':') is var colon and > 0 && int.TryParse(key.AsSpan(colon + 1), NumberStyles.None, CultureInfo.InvariantCulture, out _) ? key[..colon] : key;

    private static string DidYouMean(string key, IEnumerable<string> known) =>
        Spelling.Nearest(key, known) is { } nearest ? $"; did you mean {nearest}?" : ".";
}
