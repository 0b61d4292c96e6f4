namespace AdmissionWebhook.Cli.Simulations;

/// <summary>
/// The numbers of changed objects. Each counts once, under its strictest new outcome. Objects with a finding that becomes
/// milder also count there.
/// </summary>
/// <param name="Name">The rule or the namespace; null for objects without one.</param>
/// <param name="Denied">Newly denied.</param>
/// <param name="Warned">Newly warned.</param>
/// <param name="Audited">Newly recorded.</param>
/// <param name="Released">With a milder outcome.</param>
internal sealed record Tally(string? Name, int Denied, int Warned, int Audited, int Released)
{
    public static Tally Of(string? name, IReadOnlyCollection<ChangedObject> objects) => new(
        name,
        objects.Count(changed => changed.New == Outcome.Denied),
        objects.Count(changed => changed.New == Outcome.Warned),
        objects.Count(changed => changed.New == Outcome.Audited),
        objects.Count(changed => changed.IsReleased));
}
