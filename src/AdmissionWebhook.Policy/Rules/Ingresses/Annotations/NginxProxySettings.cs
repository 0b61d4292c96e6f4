using System.Globalization;
using AdmissionWebhook.Policy.Configuration;
using AdmissionWebhook.Policy.Controllers;
using AdmissionWebhook.Policy.Evaluation;

namespace AdmissionWebhook.Policy.Rules.Ingresses.Annotations;

/// <summary>
/// Annotations of ingress-nginx that are valid alone and that nginx does not load together. With N buffers of size S, the busy ones must have at least
/// S and at most S × (N − 1), by default 2 × S; a temporary file must have no size or at least S.
/// </summary>
internal static class NginxProxySettings
{
    /// <summary>The size of the buffers where the Ingress sets none.</summary>
    internal static readonly Parameter<string> BufferSize =
        Parameter.Text("proxyBufferSize", "", "`proxy-buffer-size` in the ConfigMap of ingress-nginx. If empty, 4k is assumed, and what depends on it is at most a warning.");

    /// <summary>Their number where the Ingress sets none.</summary>
    internal static readonly Parameter<int> BuffersNumber =
        Parameter.Number("proxyBuffersNumber", 0, "`proxy-buffers-number` in the ConfigMap of ingress-nginx. If 0, 4 is assumed, and what depends on it is at most a warning.");

    private static readonly ImmutableArray<string> WithoutProxyPass = ["GRPC", "GRPCS", "FCGI", "AUTO_HTTP"];

    /// <summary>All contradictions. A value that is invalid alone is in none.</summary>
    public static IEnumerable<Violation> Contradictions(IReadOnlyList<NginxAnnotation> annotations, RuleContext context)
    {
        if (Find("proxy-redirect-from") is { Value: "default" } redirect
            && Find("backend-protocol") is { } protocol && WithoutProxyPass.Contains(protocol.Value.Trim().ToUpperInvariant()))
        {
            yield return new(redirect.At, $"\"default\" is not supported with backend-protocol {protocol.Shown}; {RegexLocations.Consequence}", "Write off, or a URL");
        }

        if (!annotations.Any(annotation => annotation.Name is "proxy-buffer-size" or "proxy-buffers-number" or "proxy-busy-buffers-size" or "proxy-max-temp-file-size"))
            yield break;

        var (sizeAt, numberAt, busyAt, fileAt) = (Find("proxy-buffer-size"), Find("proxy-buffers-number"), Find("proxy-busy-buffers-size"), Find("proxy-max-temp-file-size"));
        var ofConfigMap = context.Parameters.Get(BufferSize);
        var (isAssumedSize, isAssumedNumber) = (sizeAt is null && ofConfigMap.Length == 0, numberAt is null && context.Parameters.Get(BuffersNumber) == 0);
        var written = sizeAt?.Value.Trim() ?? (isAssumedSize ? "4k" : ofConfigMap);
        if (Bytes(written) is not { } size || size == 0 || Number(numberAt, context) is not { } number || number < 2)
            yield break;

        var most = size * (number - 1);
        if (busyAt is { } busy && Bytes(busy.Value) is { } bytes && (bytes < size || bytes > most))
        {
            yield return bytes < size
                ? Say(busy, $"is less than one proxy buffer, {written}", $"Write {written} to {Text(most)}", isAssumedSize)
                : Say(busy, $"is more than all proxy buffers but one, {number - 1} × {written}", $"Write {written} to {Text(most)}, or proxy-buffers-number {((bytes + size - 1) / size) + 1}", isAssumedSize || isAssumedNumber);
        }

        if (busyAt is null && numberAt is { } two && number == 2)
            yield return Say(two, "needs a smaller proxy-busy-buffers-size than the default of two proxy buffers", $"Write 3 or more, or add proxy-busy-buffers-size {written}", isAssumed: false);
        if (fileAt is { } file && Bytes(file.Value) is { } limit && limit > 0 && limit < size)
            yield return Say(file, $"is less than one proxy buffer, {written}", $"Write 0, or {written} or more", isAssumedSize);

        NginxAnnotation? Find(string name)
        {
            foreach (var annotation in annotations)
            {
                if (annotation.Name == name && annotation.Value.Length > 0)
                    return annotation;
            }

            return null;
        }
    }

    /// <summary>What depends on a ConfigMap that nobody shows is advice.</summary>
    private static Violation Say(NginxAnnotation annotation, string fault, string remedy, bool isAssumed) =>
        new(annotation.At, $"\"{annotation.Shown}\" {fault}; {RegexLocations.Consequence}", remedy) { Value = annotation.Value, IsAdvice = isAssumed };

    /// <summary>The number of buffers; null if it is invalid.</summary>
    private static Int128? Number(NginxAnnotation? annotation, RuleContext context) =>
        annotation is not { } written ? context.Parameters.Get(BuffersNumber) is > 0 and var stated ? stated : 4
        : written.Known!.Value.Accepts(written.Value) && written.Known.Loads!.Accepts(written.Value) ? Int128.Parse(written.Value, CultureInfo.InvariantCulture)
        : null;

    /// <summary>A size of nginx in bytes; null if it is none.</summary>
    private static Int128? Bytes(string written)
    {
        var text = written.Trim();
        var unit = text.Length > 0 ? char.ToLowerInvariant(text[^1]) : '\0';
        var digits = unit is 'k' or 'm' ? text[..^1] : text;
        return digits.Length is > 0 and <= 12 && digits.AsSpan().IndexOfAnyExceptInRange('0', '9') < 0
            ? Int128.Parse(digits, CultureInfo.InvariantCulture) * (unit switch { 'k' => 1024, 'm' => 1024 * 1024, _ => 1 })
            : null;
    }

    private static string Text(Int128 bytes) => bytes % 1024 == 0 ? $"{bytes / 1024}k" : $"{bytes}";
}
