using System.Buffers;
using System.Text.RegularExpressions;
using AdmissionWebhook.Policy.Configuration;
using AdmissionWebhook.Policy.Controllers;
using AdmissionWebhook.Policy.Evaluation;
using AdmissionWebhook.Policy.Kinds;
using AdmissionWebhook.Policy.Values;

namespace AdmissionWebhook.Policy.Rules.Ingresses.Annotations;

/// <summary>Applies to every controller: such a value has no good use. A directive may span lines.</summary>
public sealed partial class IngressNginxForbiddenDirective() : ValidationRule<Ingress>(
    "ingress-nginx-forbidden-directive",
    "No annotation of nginx contains a directive or a path that gives access to files of the controller.",
    "A value that breaks out of its place in the nginx configuration can read the token of the controller, and with it every Secret (CVE-2021-25746).")
{
    private static readonly Parameter<ImmutableArray<string>> Words =
        Parameter.TextList("words", "Additional strings that no value may contain, as `annotation-value-word-blocklist` of ingress-nginx: `load_module`.");

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
                yield return Judge(key, value, $"must not contain \"{NginxAnnotation.Show(match.Value)}\", which gives access to files or code of the controller");
            else if (context.Parameters.Get(Words).FirstOrDefault(word => word.Length > 0 && value.Contains(word, StringComparison.Ordinal)) is { } word)
                yield return Judge(key, value, $"must not contain \"{word}\", which the policy forbids in annotations of nginx");
        }
    }

    private static Violation Judge(string key, string value, string message) => new(FieldPath.Metadata / "annotations" / key, message, "Remove it from the value") { Value = value };

    [GeneratedRegex(@"alias\s*.*;|root\s*.*;|/etc/(passwd|shadow|group|nginx|ingress-controller)|/var/run/secrets|\w*_by_lua\w*|(ssl_engine|load_module)\s", RegexOptions.Singleline | RegexOptions.NonBacktracking | RegexOptions.CultureInvariant)]
    private static partial Regex Forbidden();
}
