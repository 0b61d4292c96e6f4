using AdmissionWebhook.KubernetesApi;
using AdmissionWebhook.Server.Cluster;

namespace AdmissionWebhook.Server.Certificates;

/// <summary>Reports when the Secret or a webhook configuration may have changed.</summary>
internal sealed class CertificateWatcher(
    string collection, string name, Action changed, KubernetesApiClient client, WatchTimes times, TimeProvider time, ILogger<CertificateWatcher> logger)
    : Watcher<string>($"{collection}?fieldSelector=metadata.name%3D{name}", client, new(collection, () => 0, time) { WhenStale = "the served certificate stays" }, times, time, logger)
{
    /// <summary>A hint is enough: the certificate service reads all objects again.</summary>
    protected override string Read(ReadOnlySpan<byte> json) => "";

    protected override ObjectName NameOf(string hint) => new(null, name);

    protected override void Replace(IReadOnlyCollection<string> all) => changed();

    protected override void Put(string hint) => changed();

    protected override void Remove(ObjectName gone) => changed();
}
