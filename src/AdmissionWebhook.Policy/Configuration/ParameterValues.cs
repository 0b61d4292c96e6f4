
namespace AdmissionWebhook.Policy.Configuration;

/// <summary>The parameter values of a rule in one policy, with defaults for the rest.</summary>
public sealed class ParameterValues(ImmutableArray<KeyValuePair<Parameter, object?>> values)
{
    /// <summary>Only defaults.</summary>
    public static ParameterValues Defaults { get; } = new([]);

    /// <summary>The value of <paramref name="parameter"/>.</summary>
    public T Get<T>(Parameter<T> parameter)
    {
        foreach (var (declared, value) in values)
        {
            if (ReferenceEquals(declared, parameter))
                return (T)value!;
        }

        return (T)parameter.DefaultValue!;
    }
}
