using System.Buffers;
using System.Text.RegularExpressions;
using AdmissionWebhook.Policy.Configuration;
using AdmissionWebhook.Policy.Controllers;
using AdmissionWebhook.Policy.Evaluation;
using AdmissionWebhook.Policy.Kinds;
using AdmissionWebhook.Policy.Values;

namespace AdmissionWebhook.Policy.Rules.Ingresses.Annotations;

/// <summary>Whoever serves the Ingress: such a value has no good use anywhere. A directive may be spread over lines.</summary>
public sealed partial class IngressNginxForbiddenDirective() : ValidationRule<Ingress>(
    "ingress-nginx-forbidden-directive",
    "No annotation of nginx holds a directive or a path that leads to files of the controller.",
    "A value that breaks out of its place in the configuration of nginx reads the controller's token and every Secret with it (CVE-2021-25746).")
{
    private static readonly Parameter<ImmutableArray<string>> Words =
        Parameter.TextList("words", "Further texts that no value may hold, as `annotation-value-word-blocklist` of ingress-nginx: `load_module`.");

    private static readonly SearchValues<string> Suspicious = SearchValues.Create(["alias", "root", "/etc/", "/var/run/secrets", "_by_lua", "ssl_engine", "load_module"], StringComparison.Ordinal);

    /// <inheritdoc/>
    public override ImmutableArray<Parameter> Parameters => [Words, NginxAnnotationRule.Prefix];

    /// <inheritdoc/>
    protected override IEnumerable<Violation> Check(Ingress ingress, RuleContext context) =>
        context.Parameters.Get(Words).IsEmpty && !ingress.Metadata.Annotations.Entries.Any(entry => entry.Value.AsSpan().ContainsAny(Suspicious)) ? [] : Find(ingress, context);

    private static IEnumerable<Violation> Find(Ingress ingress, RuleContext context)
    {
        var prefix = context.Parameters.Get(NginxAnnotationRule.Prefix);
        foreach (var (key, value) in ingress.Metadata.Annotations.Entries)
        {
            if (!NginxAnnotation.HasPrefix(key, prefix) && !IngressController.IngressNginx.Owns(key) && !IngressController.Nginx.Owns(key))
                continue;

            if (value.AsSpan().ContainsAny(Suspicious) && Forbidden().Match(value) is { Success: true } match)
                yield return Judge(key, value, $"holds {NginxAnnotation.Show(match.Value)}, which reaches for the controller's files or code");
            else if (context.Parameters.Get(Words).FirstOrDefault(word => word.Length > 0 && value.Contains(word, StringComparison.Ordinal)) is { } word)
                yield return Judge(key, value, $"holds {word}, which is forbidden in annotations of nginx");
        }
    }

    private static Violation Judge(string key, string value, string message) => new(FieldPath.Metadata / "annotations" / key, message, "Write it without") { Value = value };

    [GeneratedRegex(@"alias\s*.*;|root\s*.*;|/etc/(passwd|shadow|group|nginx|ingress-controller)|/var/run/secrets|\w*_by_lua\w*|(ssl_engine|load_module)\s", RegexOptions.Singleline | RegexOptions.NonBacktracking | RegexOptions.CultureInvariant)]
    private static partial Regex Forbidden();
}
