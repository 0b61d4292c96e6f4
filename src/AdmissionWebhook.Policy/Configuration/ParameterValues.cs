
namespace AdmissionWebhook.Policy.Configuration;

/// <summary>The values of a rule's parameters in one policy: what it sets, and the defaults for the rest.</summary>
public sealed class ParameterValues(ImmutableArray<KeyValuePair<Parameter, object?>> values)
{
    /// <summary>No value set.</summary>
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
