namespace AdmissionWebhook.Policy.Values;

/// <summary>Values as controllers written in Go read them (strconv.ParseBool): <c>yes</c> and <c>on</c> are neither true nor false.</summary>
public static class GoText
{
    /// <summary>Whether a value is read as true.</summary>
    public static bool IsTrue(string? value) => value is "1" or "t" or "T" or "true" or "TRUE" or "True";

    /// <summary>Whether a value is read as false.</summary>
    public static bool IsFalse(string? value) => value is "0" or "f" or "F" or "false" or "FALSE" or "False";
}
