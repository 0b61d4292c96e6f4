namespace AdmissionWebhook.Cli.Simulations;

/// <summary>
/// How many objects fare otherwise. Each counts once, under the strictest thing that is newly said of it; those of which something becomes
/// milder are counted besides.
/// </summary>
/// <param name="Name">Of what: a rule, or a namespace, null for objects without one.</param>
/// <param name="Denied">Newly refused.</param>
/// <param name="Warned">Newly warned of.</param>
/// <param name="Audited">Newly recorded.</param>
/// <param name="Released">Treated more mildly.</param>
internal sealed record Tally(string? Name, int Denied, int Warned, int Audited, int Released)
{
    public static Tally Of(string? name, IReadOnlyCollection<ChangedObject> objects) => new(
        name,
        objects.Count(changed => changed.New == Outcome.Denied),
        objects.Count(changed => changed.New == Outcome.Warned),
        objects.Count(changed => changed.New == Outcome.Audited),
        objects.Count(changed => changed.IsReleased));
}
