using System.Text.Json;
using System.Text.RegularExpressions;
using AdmissionWebhook.Policy.Reading;
using YamlDotNet.Core;

namespace AdmissionWebhook.Policy.Manifests;

/// <summary>Reads the text of a file as kubectl does.</summary>
internal static partial class ManifestText
{
    /// <summary>A mark of the byte order; kubectl accepts it before each document.</summary>
    private const string ByteOrderMark = "\uFEFF";

    public static ImmutableArray<Manifest> Read(string file, string text, ICollection<SourceError> errors)
    {
        var yaml = BlankFirstLine().Replace(JsonStream.ToYaml(WithoutMarks(text)), "$1");
        var composer = Compose(yaml, out var problem);
        var found = new List<SourceError>();
        var manifests = new ManifestDocuments(file, text.Length, found).Read(composer.Documents, isWhole: problem is null);
        if (TemplateLine(yaml, problem?.Line ?? found.Find(error => error.Sort == SourceErrorSort.Invalid)?.Line, manifests) is { } line)
        {
            errors.Add(new(file, line, "is a template; render it first, as helm template does, and check the result") { Sort = SourceErrorSort.NoObjects });
            return [];
        }

        foreach (var (key, first) in composer.Repeated)
            errors.Add(new(file, key.Line, $"key \"{key.Value}\" is already set on line {first}; the last value counts") { Sort = SourceErrorSort.RepeatedKey });
        if (problem is { } wrong)
            errors.Add(new(file, wrong.Line, wrong.Message + Advice(text, wrong.Line)));
        foreach (var error in found)
            errors.Add(error);
        return manifests;
    }

    /// <summary>Where a tool has still to write a part of the text; null if the text is complete.</summary>
    private static int? TemplateLine(string yaml, int? errorLine, ImmutableArray<Manifest> manifests) =>
        errorLine is { } line ? Template().IsMatch(yaml) ? line : null
            : yaml.Contains("{{", StringComparison.Ordinal) ? manifests.FirstOrDefault(IsTemplate)?.Line : null;

    /// <summary>The documents, and what stands in the way of the next one. A text that the parser refuses gets a second chance.</summary>
    private static YamlComposer Compose(string yaml, out (int Line, string Message)? problem)
    {
        var composer = new YamlComposer(yaml);
        problem = TryRead(composer, yaml);
        if (problem is null)
            return composer;

        var lenient = new YamlComposer(LenientYaml.Indent(yaml));
        var remaining = TryRead(lenient, yaml);
        if (remaining is { } later && later.Line <= problem.Value.Line)
            return composer;

        problem = remaining;
        return lenient;
    }

    private static (int Line, string Message)? TryRead(YamlComposer composer, string yaml)
    {
        try
        {
            composer.Read();
            return null;
        }
        catch (YamlException mistake)
        {
            // The parser begins its place where the text is still right. A string without an end is wrong from there.
            var at = mistake.Message.Contains("end of stream", StringComparison.Ordinal) ? mistake.Start : mistake.End;
            return (LineOfTab(yaml, mistake, composer.Line)
                ?? (int)at.Line, $"is not valid YAML or JSON: {mistake.InnerException?.Message ?? mistake.Message}");
        }
        catch (Exception mistake) when (mistake is ArgumentException or InvalidOperationException)
        {
            // The parser did not expect this; its message describes its internals.
            return (composer.Line, "is not valid YAML or JSON from here on: put strings with special characters in quotes");
        }
    }

    /// <summary>The line that a tab indents: the parser names the beginning of what is around it.</summary>
    private static int? LineOfTab(string yaml, YamlException mistake, int reached)
    {
        var line = 0;
        foreach (var text in mistake.Message.Contains("tab as indentation", StringComparison.Ordinal) ? yaml.AsSpan().EnumerateLines() : default)
        {
            if (++line >= reached && text.TrimStart(' ').StartsWith('\t'))
                return line;
        }

        return null;
    }

    private static string WithoutMarks(string text) =>
        text.Contains(ByteOrderMark, StringComparison.Ordinal)
            ? text.TrimStart(ByteOrderMark[0]).Replace("\n" + ByteOrderMark, "\n", StringComparison.Ordinal) : text;

    /// <summary>Whether an object is valid YAML, but has a name or a spec that a tool has still to write.</summary>
    private static bool IsTemplate(Manifest manifest)
    {
        if (manifest.Kind is not { IsJudged: true })
            return false;

        using var json = JsonDocument.Parse(manifest.Json, ObjectReader.DocumentOptions);
        return IsUnwritten(json.RootElement, "spec")
            || (json.RootElement.TryGetProperty("metadata", out var metadata) && metadata.ValueKind == JsonValueKind.Object
            && IsUnwritten(metadata, "name"));
    }

    private static bool IsUnwritten(JsonElement json, string name) => json.TryGetProperty(name, out var value)
        && value.GetRawText().Contains("{{", StringComparison.Ordinal);

    /// <summary>What to do about a value that begins with a character that has a meaning in YAML.</summary>
    private static string Advice(string text, int line)
    {
        var written = text.AsSpan().EnumerateLines();
        for (var skipped = 0; skipped < line; skipped++)
        {
            if (!written.MoveNext())
                return "";
        }

        return SpecialValue().Match(written.Current.ToString()) is { Success: true } special
            ? $"; if {special.Groups["value"].Value} is text, put it in quotes" : "";
    }

    /// <summary>
    /// A block string whose first line has only spaces: Helm writes them and kubectl accepts them, but our parser does not. The spaces have no
    /// meaning.
    /// </summary>
    [GeneratedRegex(@"(\|[-+]?[ \t]*\r?\n) +(?=\r?\n|\z)", RegexOptions.CultureInvariant)]
    private static partial Regex BlankFirstLine();

    /// <summary>A part, outside quotes, that stands for YAML which a tool writes in its place.</summary>
    [GeneratedRegex(@"(?m)^[ \t]*(- +)*([\w./-]+: +)?[^'""#\n]*[{][{%]", RegexOptions.NonBacktracking | RegexOptions.CultureInvariant)]
    private static partial Regex Template();

    [GeneratedRegex(@"^ *(- +)*([^\s:]+: +)?(?<value>[*&@`%][^\s,\]}]*)", RegexOptions.NonBacktracking | RegexOptions.ExplicitCapture | RegexOptions.CultureInvariant)]
    private static partial Regex SpecialValue();
}
