namespace AdmissionWebhook.Policy.Evaluation;

/// <summary>
/// The violations of an object before an update, to find what the update makes worse. A violation is old if the stored object has it too:
/// in the same place, or in another place of the same list, at most as often.
/// </summary>
internal sealed class OldViolations
{
    private readonly Dictionary<Violation, int> _inPlace = [];
    private readonly Dictionary<(string Field, string Message, string? Value), int> _anywhere = [];

    private OldViolations(IEnumerable<Violation> stored)
    {
        foreach (var violation in stored.Where(violation => !violation.IsUnchecked))
        {
            Add(_inPlace, violation);
            Add(_anywhere, WithoutPlaces(violation));
        }
    }

    /// <summary>Those of <paramref name="violations"/> that are old, by reference.</summary>
    /// <param name="violations">Of the new object.</param>
    /// <param name="stored">Of the stored object, from the same rule and the same state.</param>
    public static HashSet<Violation> Among(IReadOnlyCollection<Violation> violations, IEnumerable<Violation> stored)
    {
        var known = new OldViolations(stored);
        var old = new HashSet<Violation>(ReferenceEqualityComparer.Instance);

        // Violations in the same place come first, so that a moved one does not take their place.
        foreach (var violation in violations.Where(violation => Take(known._inPlace, violation)))
        {
            Take(known._anywhere, WithoutPlaces(violation));
            old.Add(violation);
        }

        foreach (var violation in violations.Where(violation => !old.Contains(violation) && Take(known._anywhere, WithoutPlaces(violation))))
            old.Add(violation);
        return old;
    }

    private static void Add<T>(Dictionary<T, int> counts, T key) where T : notnull => counts[key] = counts.GetValueOrDefault(key) + 1;

    private static bool Take<T>(Dictionary<T, int> counts, T key) where T : notnull
    {
        var count = counts.GetValueOrDefault(key);
        counts[key] = count - 1;
        return count > 0;
    }

    /// <summary>Removes only places that the rule itself names. Text in a value that looks like a place, such as a regular expression, stays.</summary>
    private static (string Field, string Message, string? Value) WithoutPlaces(Violation violation) => (
        string.Join('/', violation.Field.Steps.Select(step => step.Name ?? "[]")),
        violation.Beside is { } beside ? violation.Message.Replace(beside.ToString(), "", StringComparison.Ordinal) : violation.Message,
        violation.Value);
}
