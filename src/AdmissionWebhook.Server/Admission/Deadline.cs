using System.Buffers;
using System.Globalization;
using Microsoft.AspNetCore.WebUtilities;

namespace AdmissionWebhook.Server.Admission;

/// <summary>How long an answer may take. API servers send their timeout; the answer must arrive before it.</summary>
/// <remarks>Most answers never wait, so they start no timer.</remarks>
internal sealed class Deadline(TimeSpan wait, TimeProvider time) : IDisposable
{
    /// <summary>The longest timeout of a webhook configuration.</summary>
    private const double MaxSeconds = 30;

    private static readonly SearchValues<char> Number = SearchValues.Create("0123456789.");
    private static readonly TimeSpan ByDefault = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan LargestMargin = TimeSpan.FromMilliseconds(500);

    /// <summary>The last timeout: API servers send the same one every time.</summary>
    private static Asked _last = new(null, Of(""));

    private readonly long _begin = time.GetTimestamp();
    private CancellationTokenSource? _clock;

    /// <summary>The time limit from the start.</summary>
    public TimeSpan Wait => wait;

    /// <summary>The remaining time; never negative.</summary>
    public TimeSpan Left => wait - time.GetElapsedTime(_begin) is var left && left > TimeSpan.Zero ? left : TimeSpan.Zero;

    /// <summary>Cancelled at the deadline.</summary>
    public CancellationToken Token => (_clock ??= StartClock()).Token;

    /// <summary>Whether a wait reached the deadline.</summary>
    public bool HasPassed => _clock is { IsCancellationRequested: true };

    /// <summary>Whether the deadline has passed, by the clock.</summary>
    public bool IsOver() => time.GetElapsedTime(_begin) >= wait;

    /// <summary>Whether the caller's own timeout has passed, so the caller does not get the answer.</summary>
    public bool IsLost() => time.GetElapsedTime(_begin) is var passed && passed >= wait && passed >= wait + TimeSpan.FromTicks(Math.Min(wait.Ticks / 3, LargestMargin.Ticks));

    /// <summary>A deadline that starts now, for a request with this query string.</summary>
    public static Deadline Begin(string? query, TimeProvider time)
    {
        var asked = _last;
        if (asked.Query != query)
            _last = asked = new(query, In(query));
        return new(asked.Wait, time);
    }

    /// <summary>The time for an answer to a request with this <c>timeout</c>.</summary>
    public static TimeSpan Of(ReadOnlySpan<char> timeout)
    {
        var wait = Parse(timeout) is { } given && given > TimeSpan.Zero ? given : ByDefault;
        var margin = wait / 4;
        return wait - (margin < LargestMargin ? margin : LargestMargin);
    }

    /// <summary>A duration as Go writes it: <c>10s</c>, <c>2.5s</c>, <c>1m0s</c>. Null for any other text.</summary>
    public static TimeSpan? Parse(ReadOnlySpan<char> text)
    {
        var seconds = 0.0;
        for (var rest = text; !rest.IsEmpty;)
        {
            var number = rest.IndexOfAnyExcept(Number);
            if (number <= 0 || !double.TryParse(rest[..number], NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var amount))
                return null;

            rest = rest[number..];
            var unit = rest.IndexOfAny(Number) is var end and >= 0 ? rest[..end] : rest;
            if (SecondsIn(unit) is not { } length)
                return null;

            seconds += amount * length;
            rest = rest[unit.Length..];
        }

        return text.IsEmpty ? null : TimeSpan.FromSeconds(Math.Min(seconds, MaxSeconds));
    }

    public void Dispose() => _clock?.Dispose();

    private static TimeSpan In(string? query)
    {
        foreach (var parameter in new QueryStringEnumerable(query))
        {
            if (parameter.EncodedName.Span.SequenceEqual("timeout"))
                return Of(parameter.DecodeValue().Span);
        }

        return Of("");
    }

    private CancellationTokenSource StartClock() => new(Left, time);

    private static double? SecondsIn(ReadOnlySpan<char> unit) => unit switch
    {
        "h" => 3600,
        "m" => 60,
        "s" => 1,
        "ms" => 1e-3,
        "us" or "µs" or "μs" => 1e-6,
        "ns" => 1e-9,
        _ => null,
    };

    private sealed record Asked(string? Query, TimeSpan Wait);
}
