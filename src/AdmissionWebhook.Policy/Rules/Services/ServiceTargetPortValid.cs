using System.Text.RegularExpressions;
using AdmissionWebhook.Policy.Evaluation;
using AdmissionWebhook.Policy.Kinds;

namespace AdmissionWebhook.Policy.Rules.Services;

/// <summary>The API server enforces the same. The rule reads no pods, so it cannot check whether a container has a port of that name.</summary>
public sealed partial class ServiceTargetPortValid() : ValidationRule<Service>(
    "service-target-port-valid",
    "A target port is a number from 1 to 65535 or a valid port name.",
    "The API server rejects the Service. In a pipeline this comes minutes too late.")
{
    /// <inheritdoc/>
    protected override IEnumerable<Violation> Check(Service service, RuleContext context)
    {
        foreach (var port in service.Ports)
        {
            if (port.TargetPort is { Number: { } number } && number is < 1 or > 65535)
                yield return new(port.At / "targetPort", $"{number} is not a valid port number", "Use a number from 1 to 65535");
            else if (port.TargetPort is { Name: { } name } && !IsName(name))
                yield return new(port.At / "targetPort", $"\"{name}\" is not a valid port name", name.All(char.IsAsciiDigit) ? "Write the number without quotes" : "Use at most 15 of a-z, 0-9 and single hyphens inside, with at least one letter");
        }
    }

    /// <summary>RFC 6335, 5.1, in lower case.</summary>
    private static bool IsName(string name) => name.Length <= 15 && Form().IsMatch(name) && name.Any(char.IsAsciiLetter);

    [GeneratedRegex(@"^[a-z0-9]+(-[a-z0-9]+)*\z", RegexOptions.NonBacktracking | RegexOptions.CultureInvariant)]
    private static partial Regex Form();
}
