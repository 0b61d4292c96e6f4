using System.Text.Json;
using System.Text.RegularExpressions;

namespace AdmissionWebhook.Policy.Controllers;

/// <summary>How much an annotation lets its author do, as the controller rates it.</summary>
public enum AnnotationRisk
{
    /// <summary>Switches and numbers.</summary>
    Low,

    /// <summary>Text that goes into the controller's configuration.</summary>
    Medium,

    /// <summary>Text that reaches further: other hosts, other servers, variables.</summary>
    High,

    /// <summary>The controller's configuration itself.</summary>
    Critical,
}

/// <summary>What a controller does with a value that it does not take.</summary>
public enum InvalidValue
{
    /// <summary>Takes it all the same, or nobody knows.</summary>
    Taken,

    /// <summary>Puts another in its place without a word.</summary>
    Replaced,

    /// <summary>Refuses the Ingress.</summary>
    Rejected,

    /// <summary>Answers 503 to every request.</summary>
    Unavailable,

    /// <summary>Forgets everything that belongs together, such as the whole external authentication.</summary>
    Dropped,
}

/// <summary>An annotation that a controller reads on an Ingress.</summary>
public sealed class Annotation
{
    private readonly Lazy<Regex>? _breaksOut;

    internal Annotation(string prefix, string name, JsonElement json, Dictionary<string, AnnotationValue> values)
    {
        (Prefix, Name) = (prefix, name);
        foreach (var member in json.EnumerateObject())
        {
            var text = member.Value.ValueKind == JsonValueKind.String ? member.Value.GetString()! : "";
            switch (member.Name)
            {
                case "value":
                    Value = values.GetValueOrDefault(text) ?? AnnotationValue.Named[text];
                    break;
                case "risk":
                    Risk = (AnnotationRisk)Array.IndexOf(Enum.GetNames<AnnotationRisk>(), text);
                    break;
                case "invalid":
                    Invalid = (InvalidValue)Array.IndexOf(Enum.GetNames<InvalidValue>(), text);
                    break;
                case "then":
                    Instead = text;
                    break;
                case "opens":
                    Opens = true;
                    break;
                case "needs":
                    foreach (var need in member.Value.EnumerateArray())
                        Needs = Needs.Add([.. need.GetString()!.Split('|')]);
                    break;
                case "refers":
                    Refers = new(member.Value);
                    break;
                case "snippet":
                    IsSnippet = true;
                    _breaksOut = text.Length == 0 ? null : new(() => new(text, RegexOptions.NonBacktracking | RegexOptions.CultureInvariant));
                    break;
                case "fetches":
                    IsFetched = true;
                    break;
                case "gateway":
                    Gateway = text;
                    break;
                case "aliases":
                    break;
                default:
                    throw new InvalidDataException($"{prefix}{name}: there is no field \"{member.Name}\".");
            }
        }
    }

    /// <summary>What stands before the name, the slash included.</summary>
    public string Prefix { get; }

    /// <summary>The name behind the prefix.</summary>
    public string Name { get; }

    /// <summary>The values that it takes.</summary>
    public AnnotationValue Value { get; } = AnnotationValue.Any;

    /// <summary>Null where the controller rates none.</summary>
    public AnnotationRisk? Risk { get; }

    /// <summary>What becomes of another value.</summary>
    public InvalidValue Invalid { get; }

    /// <summary>Where another value is replaced, what the controller does; goes on after its name.</summary>
    public string? Instead { get; }

    /// <summary>Whether that opens what the author meant to close.</summary>
    public bool Opens { get; }

    /// <summary>The annotations without which it does nothing: one of each.</summary>
    public ImmutableArray<ImmutableArray<string>> Needs { get; } = [];

    /// <summary>The object it names; null where it names none.</summary>
    public AnnotationReference? Refers { get; }

    /// <summary>Whether its text becomes a part of the controller's configuration as it is.</summary>
    public bool IsSnippet { get; }

    /// <summary>Whether a value adds to the configuration: any value of a snippet, but only some of one that has a place of its own there.</summary>
    public bool AddsConfiguration(string value) => IsSnippet && _breaksOut?.Value.IsMatch(value) is not false;

    /// <summary>Whether the controller, or the load balancer that it sets up, sends requests to a URL in it.</summary>
    public bool IsFetched { get; }

    /// <summary>What does the same in the Gateway API; null where nothing does.</summary>
    public string? Gateway { get; }
}

/// <summary>What an annotation names.</summary>
public sealed class AnnotationReference
{
    internal AnnotationReference(JsonElement json) =>
        (Kind, NeedsNamespace, MayCross) = (json.GetProperty("kind").GetString()!, json.TryGetProperty("namespaced", out _), json.TryGetProperty("anyNamespace", out _));

    /// <summary>Secret, ConfigMap or Service; URL where the host of a URL may be a Service; Users where another annotation must name a Secret.</summary>
    public string Kind { get; }

    /// <summary>Whether the namespace must be written, even where it is the Ingress's own.</summary>
    public bool NeedsNamespace { get; }

    /// <summary>Whether the controller looks into other namespaces however it is set up.</summary>
    public bool MayCross { get; }
}
