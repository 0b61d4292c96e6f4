namespace AdmissionWebhook.Server;

/// <summary>The server cannot start with what people gave it: settings, policies, manifests, certificates.</summary>
internal sealed class StartRefusedException(IReadOnlyList<string> mistakes) : Exception(string.Join(Environment.NewLine, mistakes))
{
    /// <summary>All of them, a line each.</summary>
    public IReadOnlyList<string> Mistakes => mistakes;
}
