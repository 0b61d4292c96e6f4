using System.Text.RegularExpressions;
using AdmissionWebhook.Policy.Evaluation;
using AdmissionWebhook.Policy.Kinds;

namespace AdmissionWebhook.Policy.Rules.Services;

/// <summary>The API server holds to the same. Whether a container has a port of that name nobody can tell who looks at no pods.</summary>
public sealed partial class ServiceTargetPortValid() : ValidationRule<Service>(
    "service-target-port-valid",
    "A target port is a number from 1 to 65535, or a name that a container's port can have.",
    "The API server refuses the Service, and in a pipeline that is minutes after somebody could have been told.")
{
    /// <inheritdoc/>
    protected override IEnumerable<Violation> Check(Service service, RuleContext context)
    {
        foreach (var port in service.Ports)
        {
            if (port.TargetPort is { Number: { } number } && number is < 1 or > 65535)
                yield return new(port.At / "targetPort", $"{number} is no port", "Use a number from 1 to 65535");
            else if (port.TargetPort is { Name: { } name } && !IsName(name))
                yield return new(port.At / "targetPort", $"\"{name}\" is no name of a port", name.All(char.IsAsciiDigit) ? "Write the number without quotes" : "Use up to 15 of a-z, 0-9 and single dashes inside, with a letter among them");
        }
    }

    /// <summary>RFC 6335, 5.1, in lower case.</summary>
    private static bool IsName(string name) => name.Length <= 15 && Form().IsMatch(name) && name.Any(char.IsAsciiLetter);

    [GeneratedRegex(@"^[a-z0-9]+(-[a-z0-9]+)*\z", RegexOptions.NonBacktracking | RegexOptions.CultureInvariant)]
    private static partial Regex Form();
}
