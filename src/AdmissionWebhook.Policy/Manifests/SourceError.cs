namespace AdmissionWebhook.Policy.Manifests;

/// <summary>An error in a file.</summary>
/// <param name="File">As the user named it.</param>
/// <param name="Line">Counted from one.</param>
/// <param name="Message">What is wrong.</param>
public sealed record SourceError(string File, int Line, string Message)
{
    /// <summary>Whether it is an error for everybody who reads files.</summary>
    public SourceErrorSort Sort { get; init; }

    /// <inheritdoc/>
    public override string ToString() => $"{File}:{Line}: {Message}";
}

/// <summary>How bad an error in a file is.</summary>
public enum SourceErrorSort
{
    /// <summary>A part of the file could not be read.</summary>
    Invalid,

    /// <summary>The whole file is something other than Kubernetes objects: the values of a chart, a template, the settings of another tool.</summary>
    NoObjects,

    /// <summary>A key stands twice. Like kubectl, the reader took the last one.</summary>
    RepeatedKey,
}
