namespace AdmissionWebhook.Server;

/// <summary>The server cannot start because its settings, policies, manifests or certificates are invalid.</summary>
internal sealed class StartRefusedException(IReadOnlyList<string> mistakes) : Exception(string.Join(Environment.NewLine, mistakes))
{
    /// <summary>All errors, one line each.</summary>
    public IReadOnlyList<string> Mistakes => mistakes;
}
