using System.Text.Json.Nodes;
using AdmissionWebhook.Policy.Configuration;
using AdmissionWebhook.Policy.Evaluation;
using AdmissionWebhook.Policy.Kinds;

namespace AdmissionWebhook.Policy.Rules.Services;

/// <summary>Writes only what the port's name already says. A port that existed without appProtocol is not changed.</summary>
public sealed class ServiceDefaultAppProtocol() : MutationRule<Service>(
    "service-default-app-protocol",
    "A TCP port whose name states its protocol gets the same protocol in appProtocol.",
    "Service meshes and Gateways read appProtocol, and some read nothing else. Ingress controllers guess from the name, each in its own way.")
{
    private static readonly Parameter<ByNamespace<string>> Names = Parameter.TextByName(
        "names",
        new([new("http", "http"), new("http-*", "http"), new("https", "https"), new("https-*", "https")]),
        "{http: http, http-*: http, https: https, https-*: https}",
        "The protocol for each pattern of port names. The longest pattern that matches wins.");

    /// <inheritdoc/>
    public override ImmutableArray<Parameter> Parameters => [Names];

    /// <inheritdoc/>
    protected override IEnumerable<PatchOperation> Fill(Service service, RuleContext context)
    {
        if (service.IsExternalName)
            yield break;

        var left = (context.Subject.OldObject as Service)?.Ports.Where(known => known.AppProtocol is null).Select(known => known.Name).ToHashSet();
        foreach (var port in service.Ports)
        {
            if (port is { AppProtocol: null, Protocol: "TCP", Name.Length: > 0 }
                && left?.Contains(port.Name) is not true
                && context.Parameters.Get(Names).For(port.Name).FirstOrDefault() is { } protocol)
                yield return new(port.At / "appProtocol", JsonValue.Create(protocol));
        }
    }
}
