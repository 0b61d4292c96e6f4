using System.Text.Json;

namespace AdmissionWebhook.Policy.Controllers;

/// <summary>The annotations by which a controller tells apart two claims for one path: methods, headers, entry points.</summary>
/// <param name="OfRoute">On the route, for all its paths. One that ends with <c>*</c> stands for all that begin so.</param>
/// <param name="OfBackend">On the route, for one backend: what they begin with; the backend's name follows. Null where there is none.</param>
/// <param name="OfService">On the Service of a backend.</param>
/// <param name="AnyCase">Whether the case of the names does not matter.</param>
public sealed record RouteConditions(ImmutableArray<string> OfRoute, string? OfBackend, ImmutableArray<string> OfService, bool AnyCase)
{
    internal static RouteConditions Read(JsonElement json)
    {
        return new(Texts("route"), json.TryGetProperty("backend", out var backend) ? backend.GetString() : null, Texts("service"), json.TryGetProperty("anyCase", out _));

        ImmutableArray<string> Texts(string field) =>
            json.TryGetProperty(field, out var texts) ? [.. texts.EnumerateArray().Select(text => text.GetString()!)] : [];
    }
}
