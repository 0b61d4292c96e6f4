using System.Globalization;
using System.Text.RegularExpressions;

namespace AdmissionWebhook.Server.Admission;

/// <summary>How long an answer may take. API servers say when they stop waiting; it has to arrive before that.</summary>
internal static partial class Deadline
{
    /// <summary>The longest timeout a webhook configuration may ask for.</summary>
    private const double MaxSeconds = 30;

    private static readonly TimeSpan ByDefault = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan LargestMargin = TimeSpan.FromMilliseconds(500);

    /// <summary>The time left for an answer to a request with this <c>timeout</c> query.</summary>
    public static TimeSpan Of(string? timeout)
    {
        var wait = Parse(timeout) is { } given && given > TimeSpan.Zero ? given : ByDefault;
        var margin = wait / 4;
        return wait - (margin < LargestMargin ? margin : LargestMargin);
    }

    /// <summary>A duration as Go writes it: <c>10s</c>, <c>2.5s</c>, <c>1m0s</c>. Null when it is none.</summary>
    public static TimeSpan? Parse(string? text)
    {
        var match = GoDuration().Match(text ?? "");
        if (!match.Success)
            return null;

        var seconds = 0.0;
        for (var i = 0; i < match.Groups["number"].Captures.Count; i++)
            seconds += double.Parse(match.Groups["number"].Captures[i].ValueSpan, CultureInfo.InvariantCulture) * SecondsIn(match.Groups["unit"].Captures[i].Value);

        return TimeSpan.FromSeconds(Math.Min(seconds, MaxSeconds));
    }

    private static double SecondsIn(string unit) => unit switch
    {
        "h" => 3600,
        "m" => 60,
        "s" => 1,
        "ms" => 1e-3,
        "ns" => 1e-9,
        _ => 1e-6,
    };

    [GeneratedRegex(@"^((?<number>[0-9]{1,15}(\.[0-9]{0,15})?|\.[0-9]{1,15})(?<unit>ns|us|µs|μs|ms|s|m|h))+\z", RegexOptions.ExplicitCapture | RegexOptions.CultureInvariant)]
    private static partial Regex GoDuration();
}
