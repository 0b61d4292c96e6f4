namespace AdmissionWebhook.Cli.Doctor;

/// <summary>The result of a check.</summary>
internal enum Health
{
    /// <summary>As it should be.</summary>
    Ok,

    /// <summary>It works, but can fail in the future.</summary>
    Warning,

    /// <summary>It does not work.</summary>
    Wrong,

    /// <summary>The check was not possible, mostly because the user lacks a permission.</summary>
    Unknown,
}

/// <summary>One result of a check.</summary>
/// <param name="Check">The name of the check; scripts rely on it.</param>
/// <param name="Health">The result.</param>
/// <param name="Message">The observation.</param>
/// <param name="Remedy">The fix; null if none is needed.</param>
internal sealed record Diagnosis(string Check, Health Health, string Message, string? Remedy = null);
