using System.Text;
using AdmissionWebhook.Server.Certificates;
using AdmissionWebhook.Server.Cluster;
using AdmissionWebhook.Server.Policies;

namespace AdmissionWebhook.Server.Operations;

/// <summary>Whether the process lives, and whether the API server may call it. The answers have the form of kube-apiserver's.</summary>
internal sealed class Health(
    Current<PolicySet> policies, Current<ClusterState> cluster, CertificateStatus certificate, IEnumerable<WatchStatus> watches, IHostApplicationLifetime lifetime, Shutdown shutdown, PolicyStore? store = null)
{
    public Task LivezAsync(HttpContext context) => TellAsync(context, "livez", [new("process", null)]);

    public Task ReadyzAsync(HttpContext context) => TellAsync(context, "readyz", Conditions());

    private IEnumerable<Condition> Conditions()
    {
        var (policySet, state) = (policies.Value, cluster.Value);
        yield return new("listener", shutdown.HasBegun ? "the server is stopping" : lifetime.ApplicationStarted.IsCancellationRequested ? null : "the server is starting");
        yield return new("certificate", certificate.Fault, certificate.Detail);
        yield return store is null ? new("policy", policySet.Policies.IsEmpty ? "no policy is loaded" : null) : new("policy", null, store.Detail);
        foreach (var kind in policySet.Reads.Where(kind => watches.All(watch => watch.Name != kind.Name)))
            yield return new($"cluster {kind}", state.Knows(kind) ? null : "its objects are not loaded yet");
        foreach (var watch in watches)
            yield return new($"cluster {watch.Name}", watch.IsSettled ? null : watch.Fault ?? "its objects are not listed yet", watch.IsSettled ? watch.Detail : null);
    }

    private static Task TellAsync(HttpContext context, string check, IEnumerable<Condition> conditions)
    {
        var (lines, passed) = (new StringBuilder(), true);
        foreach (var condition in conditions)
        {
            passed &= condition.Fault is null;
            lines.Append(condition.Fault is null ? $"[+]{condition.Name} ok{(condition.Detail is null ? "" : $": {condition.Detail}")}\n" : $"[-]{condition.Name} failed: {condition.Fault}\n");
        }

        lines.Append(check).Append(passed ? " check passed\n" : " check failed\n");
        context.Response.StatusCode = passed ? StatusCodes.Status200OK : StatusCodes.Status503ServiceUnavailable;
        context.Response.ContentType = "text/plain; charset=utf-8";
        context.Response.Headers.CacheControl = "no-store";
        return context.Response.WriteAsync(passed && !context.Request.Query.ContainsKey("verbose") ? "ok" : lines.ToString());
    }

    private readonly record struct Condition(string Name, string? Fault, string? Detail = null);
}
