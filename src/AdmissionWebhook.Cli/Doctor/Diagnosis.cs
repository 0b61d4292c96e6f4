namespace AdmissionWebhook.Cli.Doctor;

/// <summary>How something is.</summary>
internal enum Health
{
    /// <summary>As it should be.</summary>
    Ok,

    /// <summary>It works, and could fail somebody some day.</summary>
    Warning,

    /// <summary>It does not work.</summary>
    Wrong,

    /// <summary>Nobody could tell, mostly for want of a permission of whoever asked.</summary>
    Unknown,
}

/// <summary>What was found out about one thing.</summary>
/// <param name="Check">Which check; scripts know it by this word.</param>
/// <param name="Health">How it is.</param>
/// <param name="Message">What was seen.</param>
/// <param name="Remedy">What to do about it; null where there is nothing to do.</param>
internal sealed record Diagnosis(string Check, Health Health, string Message, string? Remedy = null);
