using System.Text;
using AdmissionWebhook.Policy.Controllers;
using AdmissionWebhook.Policy.Kinds;
using AdmissionWebhook.Policy.State;

namespace AdmissionWebhook.Policy.Routing;

/// <summary>What tells apart two claims for one path: methods, headers, entry points, an action for one of two listeners. Each is read once.</summary>
/// <param name="cluster">Where Services may state conditions.</param>
/// <param name="controller">Who reads them; null where nobody is known to.</param>
internal sealed class Conditions(ClusterState cluster, IngressController? controller)
{
    private const string Unknown = "?";

    private readonly Dictionary<(Ingress, string?, string?), string> _known = [];

    /// <summary>Whether a controller tells apart the requests of two backends with the same path. Also true where nobody knows a Service that may say so.</summary>
    public bool TellApart(Ingress one, IngressBackend? backend, Ingress other, IngressBackend? itsBackend)
    {
        if (controller is not ({ Conditions: not null } or { Actions: not null }))
            return false;

        var (first, second) = (Of(controller, one, backend), Of(controller, other, itsBackend));
        return first is Unknown || second is Unknown || first != second;
    }

    private string Of(IngressController controller, Ingress ingress, IngressBackend? backend)
    {
        var key = (ingress, backend?.ServiceName, backend?.Port.Name);
        if (!_known.TryGetValue(key, out var conditions))
            _known[key] = conditions = Read(controller, ingress, backend);
        return conditions;
    }

    /// <summary>The conditions as text that can be compared; empty where there are none.</summary>
    private string Read(IngressController controller, Ingress ingress, IngressBackend? backend)
    {
        var text = new StringBuilder();
        if (controller.Conditions is { } conditions)
        {
            foreach (var (key, value) in ingress.Metadata.Annotations.Entries)
            {
                if (conditions.OfRoute.Any(known => IsMeant(known, key, conditions)) || (backend?.ServiceName is { } named && conditions.OfBackend is { } start && key == start + named))
                    text.Append(key).Append('=').Append(value).Append('\n');
            }

            if (!conditions.OfService.IsEmpty && backend?.ServiceName is { } name)
            {
                var service = cluster.Find<Service>(ingress.Metadata.Namespace, name);
                if (service.IsUnknown)
                    return Unknown;
                foreach (var known in conditions.OfService)
                {
                    if (service.Found?.Metadata.Annotations[known] is { Length: > 0 } condition)
                        text.Append(known).Append('=').Append(condition).Append('\n');
                }
            }
        }

        return text.Append(backend is not null && IsRedirectToHttps(controller, ingress, backend) ? "to HTTPS" : "").ToString();
    }

    /// <summary>
    /// An action that redirects to HTTPS and changes nothing else. The AWS Load Balancer Controller omits it from the HTTPS listener, where it would lead to itself, so the
    /// same path has another backend there.
    /// </summary>
    private static bool IsRedirectToHttps(IngressController controller, Ingress ingress, IngressBackend backend) =>
        controller.Actions is { } actions
        && backend is { ServiceName: { } name, Port.Number: null }
        && backend.Port.Name == actions.Port
        && ingress.Metadata.Annotations[actions.Annotations + name] is { } action
        && action.Contains("redirect", StringComparison.OrdinalIgnoreCase)
        && action.Contains("\"HTTPS\"", StringComparison.OrdinalIgnoreCase)
        && !action.Contains("\"host\"", StringComparison.OrdinalIgnoreCase)
        && !action.Contains("\"path\"", StringComparison.OrdinalIgnoreCase);

    private static bool IsMeant(string known, string key, RouteConditions conditions)
    {
        var comparison = conditions.AnyCase ? StringComparison.OrdinalIgnoreCase : StringComparison.Ordinal;
        return known.EndsWith('*') ? key.AsSpan().StartsWith(known.AsSpan(0, known.Length - 1), comparison) : known.Equals(key, comparison);
    }
}
