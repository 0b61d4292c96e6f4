using System.Text;
using AdmissionWebhook.Policy.Kinds;

namespace AdmissionWebhook.Policy.Evaluation;

/// <summary>The answer of the engine to one request.</summary>
/// <param name="Findings">In catalogue order, then in the object's order.</param>
/// <param name="Patch">The defaults to set; empty for a validation.</param>
public sealed record Decision(ImmutableArray<Finding> Findings, ImmutableArray<PatchOperation> Patch)
{
    private const int LongestWarning = 256;
    private const int AllWarnings = 4096;

    /// <summary>No findings.</summary>
    public static Decision Allow { get; } = new([], []);

    /// <summary>Whether the request is allowed.</summary>
    public bool IsAllowed => !Findings.Any(finding => finding.Enforcement == Enforcement.Deny);

    /// <summary>The findings that deny it.</summary>
    public IEnumerable<Finding> Denials => Findings.Where(finding => finding.Enforcement == Enforcement.Deny);

    /// <summary>
    /// Warnings for the user, within the limits of the API server: it truncates each warning at 256 bytes if
    /// all of them together exceed 4 KiB, and drops the rest.
    /// </summary>
    public IEnumerable<string> Warnings
    {
        get
        {
            var room = AllWarnings;
            foreach (var finding in Findings.Where(finding => finding.IsWarning))
            {
                var warning = Shorten(finding.ToString());
                room -= Encoding.UTF8.GetByteCount(warning);
                if (room < 0)
                    yield break;
                yield return warning;
            }
        }
    }

    /// <summary>The other objects that cause a denial, each once.</summary>
    public ImmutableArray<ObjectReference> RestsOn => [.. Denials.SelectMany(finding => finding.Violation.RestsOn).Distinct()];

    private static string Shorten(string text)
    {
        if (Encoding.UTF8.GetByteCount(text) <= LongestWarning)
            return text;

        var room = LongestWarning - Encoding.UTF8.GetByteCount("…");
        var whole = text.EnumerateRunes().TakeWhile(rune => (room -= rune.Utf8SequenceLength) >= 0).Sum(rune => rune.Utf16SequenceLength);
        return text[..whole] + "…";
    }
}
