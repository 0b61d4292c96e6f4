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

    private readonly Dictionary<Ingress, string> _ofRoutes = [];
    private readonly Dictionary<(Ingress, string?, string?), string> _ofBackends = [];

    /// <summary>Whether a controller tells apart the requests of two backends with the same path. Also true where nobody knows a Service that may say so.</summary>
    public bool TellApart(Ingress one, IngressBackend? backend, Ingress other, IngressBackend? itsBackend)
    {
        if (controller is not ({ Conditions: not null } or { Actions: not null }))
            return false;
        if (one != other && OfRoute(controller, one) != OfRoute(controller, other))
            return true;

        var (first, second) = (OfBackend(controller, one, backend), OfBackend(controller, other, itsBackend));
        return first is Unknown || second is Unknown || first != second;
    }

    /// <summary>The conditions of a whole Ingress as text that can be compared; empty where there are none.</summary>
    private string OfRoute(IngressController controller, Ingress ingress)
    {
        if (controller.Conditions is not { OfRoute.IsEmpty: false } conditions)
            return "";
        if (!_ofRoutes.TryGetValue(ingress, out var text))
        {
            cluster.Spend(ingress.Metadata.Annotations.Entries.Length);
            var meant = ingress.Metadata.Annotations.Entries.Where(entry => conditions.OfRoute.Any(known => IsMeant(known, entry.Key, conditions)));
            _ofRoutes[ingress] = text = string.Join('\n', meant.Select(entry => $"{(conditions.AnyCase ? entry.Key.ToLowerInvariant() : entry.Key)}={entry.Value}"));
        }

        return text;
    }

    private string OfBackend(IngressController controller, Ingress ingress, IngressBackend? backend)
    {
        var key = (ingress, backend?.ServiceName, backend?.Port.Name);
        if (!_ofBackends.TryGetValue(key, out var text))
            _ofBackends[key] = text = backend?.ServiceName is { } service ? ReadBackend(controller, ingress, backend, service) : "";
        return text;
    }

    private string ReadBackend(IngressController controller, Ingress ingress, IngressBackend backend, string service)
    {
        var text = new StringBuilder();
        if (controller.Conditions?.OfBackend is { } start)
            text.Append(ingress.Metadata.Annotations[start + service]).Append('\n');
        if (controller.Conditions is { OfService.IsEmpty: false } conditions)
        {
            var found = cluster.Find<Service>(ingress.Metadata.Namespace, service);
            if (found.IsUnknown)
                return Unknown;
            foreach (var known in conditions.OfService)
                text.Append(found.Found?.Metadata.Annotations[known]).Append('\n');
        }

        return text.Append(IsRedirectToHttps(controller, ingress, backend) ? "to HTTPS" : "").ToString();
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
