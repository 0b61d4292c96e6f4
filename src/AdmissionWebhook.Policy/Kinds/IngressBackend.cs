using AdmissionWebhook.Policy.Reading;
using AdmissionWebhook.Policy.Values;

namespace AdmissionWebhook.Policy.Kinds;

/// <summary>Where an Ingress leads the requests of a path: to a Service, or to another resource that only its controller understands.</summary>
/// <param name="Rule">The rule's place in spec.rules; negative for spec.defaultBackend.</param>
/// <param name="Path">The path's place in the rule.</param>
/// <param name="ServiceName">Null when the backend is not a Service.</param>
/// <param name="Port">The Service's port.</param>
/// <param name="IsResource">Whether it names a resource instead.</param>
public sealed record IngressBackend(int Rule, int Path, string? ServiceName, PortReference Port, bool IsResource) : Backend(ServiceName, Port)
{
    /// <inheritdoc/>
    public override FieldPath Field => Rule < 0
        ? FieldPath.Spec / "defaultBackend"
        : FieldPath.Spec / "rules" / Rule / "http" / "paths" / Path / "backend";

    internal static IngressBackend Read(ref ObjectReader json, int rule, int path)
    {
        string? name = null;
        PortReference port = default;
        var isResource = false;
        var isOldForm = json.ApiVersion == "v1beta1";

        while (json.NextField())
        {
            if (json.Is("service"u8) && json.Begin())
                ReadService(ref json, ref name, ref port);
            else if (json.Is("resource"u8))
                isResource = json.SkipObject();
            else if (isOldForm && json.Is("serviceName"u8))
                name = json.Text();
            else if (isOldForm && json.Is("servicePort"u8))
                port = json.NumberOrName() ?? default;
            else
                json.Skip();
        }

        return new(rule, path, string.IsNullOrEmpty(name) ? null : name, port, isResource);
    }

    private static void ReadService(ref ObjectReader json, ref string? name, ref PortReference port)
    {
        while (json.NextField())
        {
            if (json.Is("name"u8))
            {
                name = json.Text();
            }
            else if (json.Is("port"u8) && json.Begin())
            {
                while (json.NextField())
                {
                    if (json.Is("number"u8))
                        port = port with { Number = json.Integer() is { } number and not 0 ? number : null };
                    else if (json.Is("name"u8))
                        port = port with { Name = json.Text() };
                    else
                        json.Skip();
                }
            }
            else
            {
                json.Skip();
            }
        }
    }
}
