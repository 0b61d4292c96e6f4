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

/// <summary>What a controller does with an invalid value.</summary>
public enum InvalidValue
{
    /// <summary>Accepts it anyway, or it is unknown.</summary>
    Taken,

    /// <summary>Silently replaces it.</summary>
    Replaced,

    /// <summary>Rejects the Ingress.</summary>
    Rejected,

    /// <summary>Answers 503 to every request.</summary>
    Unavailable,

    /// <summary>Drops the whole feature, such as external authentication.</summary>
    Dropped,
}

/// <summary>What happens with a variable that nginx does not know.</summary>
public enum UnknownVariable
{
    /// <summary>Nothing: the value has no variables.</summary>
    Kept,

    /// <summary>nginx does not load its configuration, for any namespace.</summary>
    Stops,

    /// <summary>It is empty in every request.</summary>
    Empty,
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
                    Value = Named(text);
                    break;
                case "written":
                    Written = Named(text);
                    break;
                case "loads":
                    Loads = Named(text);
                    break;
                case "variables":
                    Variables = (UnknownVariable)Array.IndexOf(Enum.GetNames<UnknownVariable>(), text);
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

        AnnotationValue Named(string value) => values.GetValueOrDefault(value) ?? AnnotationValue.Named[value];
    }

    /// <summary>The part before the name, including the slash.</summary>
    public string Prefix { get; }

    /// <summary>The name after the prefix.</summary>
    public string Name { get; }

    /// <summary>The valid values.</summary>
    public AnnotationValue Value { get; } = AnnotationValue.Any;

    /// <summary>The valid values that the controller writes into its configuration; it silently leaves out the others. Null if it writes all.</summary>
    public AnnotationValue? Written { get; }

    /// <summary>The written values with which nginx loads the configuration; with the others it loads none, for any namespace. Null if it loads all.</summary>
    public AnnotationValue? Loads { get; }

    /// <summary>What happens with a variable in it that nginx does not know.</summary>
    public UnknownVariable Variables { get; }

    /// <summary>Null if the controller gives no rating.</summary>
    public AnnotationRisk? Risk { get; }

    /// <summary>What happens with an invalid value.</summary>
    public InvalidValue Invalid { get; }

    /// <summary>What the controller does if it replaces an invalid value, as a phrase after its name.</summary>
    public string? Instead { get; }

    /// <summary>Whether that gives access that the author meant to forbid.</summary>
    public bool Opens { get; }

    /// <summary>The annotations that it needs to have an effect: one of each group.</summary>
    public ImmutableArray<ImmutableArray<string>> Needs { get; } = [];

    /// <summary>The object that it names; null if it names none.</summary>
    public AnnotationReference? Refers { get; }

    /// <summary>Whether its value becomes part of the configuration of the controller unchanged.</summary>
    public bool IsSnippet { get; }

    /// <summary>Whether a value adds to the configuration: any value of a snippet, but only some of one that has a place of its own there.</summary>
    public bool AddsConfiguration(string value) => IsSnippet && _breaksOut?.Value.IsMatch(value) is not false;

    /// <summary>Whether the controller, or the load balancer that it sets up, sends requests to a URL in it.</summary>
    public bool IsFetched { get; }

    /// <summary>The equivalent in the Gateway API; null if there is none.</summary>
    public string? Gateway { get; }
}

/// <summary>The object that an annotation names.</summary>
public sealed class AnnotationReference
{
    internal AnnotationReference(JsonElement json) =>
        (Kind, NeedsNamespace, MayCross) = (json.GetProperty("kind").GetString()!, json.TryGetProperty("namespaced", out _), json.TryGetProperty("anyNamespace", out _));

    /// <summary>Secret, ConfigMap or Service; URL if the host of a URL may be a Service; Users if another annotation must name a Secret.</summary>
    public string Kind { get; }

    /// <summary>Whether the namespace must be written, even if it is the namespace of the Ingress.</summary>
    public bool NeedsNamespace { get; }

    /// <summary>Whether the controller always reads other namespaces.</summary>
    public bool MayCross { get; }
}
