using AdmissionWebhook.Policy.Controllers;
using AdmissionWebhook.Policy.Reading;

namespace AdmissionWebhook.Policy.Kinds;

/// <summary>networking.k8s.io/v1 IngressClass.</summary>
public sealed class IngressClass : KubernetesObject
{
    /// <summary>What makes a class the default of its cluster.</summary>
    public const string DefaultAnnotation = "ingressclass.kubernetes.io/is-default-class";

    /// <summary>Which controller serves it: <c>k8s.io/ingress-nginx</c>.</summary>
    public string? Controller { get; private init; }

    /// <summary>That controller, where it is a known one.</summary>
    public IngressController? KnownController { get; private init; }

    /// <summary>Whether it names an object with settings of the controller, which is never read.</summary>
    public bool HasParameters { get; private init; }

    /// <summary>Whether an Ingress that names no class gets this one.</summary>
    public bool IsDefault => Metadata.Annotations[DefaultAnnotation] == "true";

    internal static IngressClass Read(ref ObjectReader json)
    {
        var metadata = ObjectMeta.Empty;
        string? controller = null;
        var hasParameters = false;

        if (!json.Begin())
            return new();

        while (json.NextField())
        {
            if (json.Is("metadata"u8))
            {
                metadata = ObjectMeta.Read(ref json);
            }
            else if (json.Is("spec"u8) && json.Begin())
            {
                while (json.NextField())
                {
                    if (json.Is("controller"u8))
                        controller = json.Text();
                    else if (json.Is("parameters"u8) && json.Begin())
                        hasParameters = SkipMembers(ref json);
                    else
                        json.Skip();
                }
            }
            else
            {
                json.Skip();
            }
        }

        return new()
        {
            Metadata = metadata,
            Controller = controller,
            KnownController = controller is null ? null : IngressController.Find(controller),
            HasParameters = hasParameters,
        };
    }

    /// <summary>Whether there was any member.</summary>
    private static bool SkipMembers(ref ObjectReader json)
    {
        var hasAny = false;
        while (json.NextField())
        {
            hasAny = true;
            json.Skip();
        }

        return hasAny;
    }
}
