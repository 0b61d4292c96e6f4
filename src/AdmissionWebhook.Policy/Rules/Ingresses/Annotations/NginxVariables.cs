using AdmissionWebhook.Policy.Configuration;
using AdmissionWebhook.Policy.Controllers;
using AdmissionWebhook.Policy.Evaluation;
using AdmissionWebhook.Policy.Kinds;
using AdmissionWebhook.Policy.Routing;
using AdmissionWebhook.Policy.Values;

namespace AdmissionWebhook.Policy.Rules.Ingresses.Annotations;

/// <summary>
/// The variables in a value, as nginx reads them. It knows its own, those of the controller's template, and for all namespaces those that a
/// snippet sets or a regular expression names.
/// </summary>
/// <param name="ingress">The Ingress of the values.</param>
/// <param name="extra">The variables that the controller's ConfigMap defines, without the dollar sign.</param>
/// <param name="context">Has the other Ingresses.</param>
internal sealed class NginxVariables(Ingress ingress, ImmutableArray<string> extra, RuleContext context)
{
    private HashSet<string>? _defined;

    /// <summary>The first variable that nginx does not know, or a dollar sign with no name after it; null if there is none.</summary>
    /// <param name="annotation">Its value may have any length.</param>
    public Violation? FaultOf(NginxAnnotation annotation)
    {
        var (value, isEmpty) = (annotation.Value, annotation.Known!.Variables == UnknownVariable.Empty);
        for (var at = value.IndexOf('$', StringComparison.Ordinal); at >= 0; at = value.IndexOf('$', at))
        {
            var (name, written, isClosed) = Read(value, at);
            at += written.Length;
            if (!isClosed && !isEmpty)
                return Say(annotation, $"\"{written}\" has no closing brace; {RegexLocations.Consequence}", $"Write {written}}}");
            if (name.Length == 0 && !isEmpty)
                return Say(annotation, $"\"$\" without a variable name is not supported by nginx; {RegexLocations.Consequence}", "Remove it, or write a variable such as $host");
            if (name.Length > 0 && !IsGroup(written, isEmpty) && !IsKnown(name))
                return Say(annotation, $"variable \"{NginxAnnotation.Show(written)}\" does not exist in nginx; {(isEmpty ? "it is empty in every request" : RegexLocations.Consequence)}", Remedy(name));
            if (at >= value.Length)
                break;
        }

        return null;
    }

    private static Violation Say(NginxAnnotation annotation, string message, string remedy) => new(annotation.At, message, remedy) { Value = annotation.Value };

    /// <summary>A variable with its dollar sign. nginx takes one digit from 1 to 9 as a group, and reads any other name to its end.</summary>
    private static (string Name, string Written, bool IsClosed) Read(string value, int at)
    {
        var begin = at + 1;
        if (begin < value.Length && value[begin] is >= '1' and <= '9')
            return (value.Substring(begin, 1), value.Substring(at, 2), true);

        var hasBrace = begin < value.Length && value[begin] == '{';
        if (hasBrace)
            begin++;
        var end = begin;
        while (end < value.Length && (char.IsAsciiLetterOrDigit(value[end]) || value[end] == '_'))
            end++;

        var isClosed = !hasBrace || (end < value.Length && value[end] == '}');
        return (value[begin..end], value[at..(hasBrace && isClosed ? end + 1 : end)], isClosed);
    }

    private static bool IsGroup(string written, bool inLua) => written is [_, >= '1' and <= '9'] || (inLua && written.AsSpan(1).Trim("{}").IndexOfAnyExceptInRange('0', '9') < 0);

    private bool IsKnown(string name) =>
        IngressController.IngressNginx.Annotations.HasVariable(name)
        || extra.Contains(name, StringComparer.OrdinalIgnoreCase)
        || (_defined ??= FindDefined()).Contains(name);

    private static string Remedy(string name) =>
        Spelling.Nearest(name, IngressController.IngressNginx.Annotations.Variables) is { } meant ? $"Write ${meant}" : "Write a variable of nginx, such as $host, or remove it";

    /// <summary>Every name after a dollar sign in a snippet counts, because snippets can set variables in many ways.</summary>
    private HashSet<string> FindDefined()
    {
        var defined = new HashSet<string>(StringComparer.OrdinalIgnoreCase);
        AddFrom(ingress, defined);
        if (context.Lookups.HasHostsToItself(ingress))
            return defined;

        foreach (var other in ingress.RuleHosts.SelectMany(context.Cluster.IngressesClaiming).Distinct())
        {
            if (context.Cluster.ShareRoutes(ingress, other) is not false)
                AddFrom(other, defined);
        }

        return defined;
    }

    private static void AddFrom(Ingress source, HashSet<string> defined)
    {
        foreach (var path in source.Paths)
        {
            if (path.Path is { } written && written.Contains("(?", StringComparison.Ordinal))
                defined.UnionWith(RegexLocations.Read(written).Names);
        }

        foreach (var (key, snippet) in source.Metadata.Annotations.Entries)
        {
            if (!key.EndsWith("-snippet", StringComparison.Ordinal))
                continue;
            for (var at = snippet.IndexOf('$', StringComparison.Ordinal); at >= 0; at = snippet.IndexOf('$', at + 1))
                defined.Add(Read(snippet, at).Name);
        }
    }
}
