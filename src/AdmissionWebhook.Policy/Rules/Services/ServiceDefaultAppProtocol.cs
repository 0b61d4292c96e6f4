using System.Text.Json.Nodes;
using AdmissionWebhook.Policy.Configuration;
using AdmissionWebhook.Policy.Evaluation;
using AdmissionWebhook.Policy.Kinds;

namespace AdmissionWebhook.Policy.Rules.Services;

/// <summary>Only says what the port's name says already. A port that was there without it is left alone.</summary>
public sealed class ServiceDefaultAppProtocol() : MutationRule<Service>(
    "service-default-app-protocol",
    "A TCP port of a Service whose name tells its protocol says so in appProtocol.",
    "Meshes and Gateways go by appProtocol, and some of them by nothing else; Ingress controllers guess from the name, each in its own way.")
{
    private static readonly Parameter<ByNamespace<string>> Names = Parameter.TextByName(
        "names",
        new([new("http", "http"), new("http-*", "http"), new("https", "https"), new("https-*", "https")]),
        "{http: http, http-*: http, https: https, https-*: https}",
        "What ports speak, by patterns of their names; the longest pattern that fits counts.");

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
