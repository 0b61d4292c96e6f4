using AdmissionWebhook.Policy.Manifests;

namespace AdmissionWebhook.Generator;

/// <summary>A sample cannot be read.</summary>
public sealed class SampleException(string message) : Exception(message)
{
    /// <exception cref="SampleException">There are errors.</exception>
    public static void ThrowIfAny(IReadOnlyCollection<SourceError> errors)
    {
        if (errors.Count > 0)
            throw new SampleException(string.Join('\n', errors));
    }
}
