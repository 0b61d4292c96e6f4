using System.Net;
using System.Text;
using System.Text.Json.Nodes;
using AdmissionWebhook.KubernetesApi;
using AdmissionWebhook.Server.Cluster;

namespace AdmissionWebhook.Server.Policies;

/// <summary>Writes, on the leader, each status of a policy or exemption that is not correct.</summary>
internal sealed partial class StatusWriter(
    PolicyStore store, FindingCounter counter, IEnumerable<WatchStatus> watches, LeaderElection election, KubernetesApiClient client, LeaderTimes times, TimeProvider time, ILogger<StatusWriter> logger)
    : BackgroundService
{
    /// <summary>The maximum number of writes in one round, so ten thousand new exemptions do not overload the API server.</summary>
    private const int MostWrites = 50;

    private const int LongestBackOff = 20;

    private readonly Dictionary<string, Write> _writes = new(StringComparer.Ordinal);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var tick = new PeriodicTimer(times.StatusEvery, time);
        for (var (failures, wait) = (0, 0); await tick.WaitForNextTickAsync(stoppingToken);)
        {
            if (wait-- > 0 || !election.IsLeader || !watches.All(watch => watch.IsSettled))
                continue;

            try
            {
                await WriteAllAsync(stoppingToken);
                (failures, wait) = (0, 0);
            }
            catch (Exception error) when (!stoppingToken.IsCancellationRequested)
            {
                if (failures++ == 0)
                    Log.Failed(logger, error.Message);
                wait = Math.Min(1 << Math.Min(failures, 10), LongestBackOff);
            }
        }
    }

    private async Task WriteAllAsync(CancellationToken stopping)
    {
        var (now, room, objects) = (time.GetUtcNow(), MostWrites, store.Objects.OrderBy(known => known.Namespace, StringComparer.Ordinal).ToList());
        foreach (var gone in _writes.Keys.Except(objects.Select(known => known.Path)).ToList())
            _writes.Remove(gone);

        foreach (var known in objects)
        {
            var wanted = WantedOf(known, now);
            var write = new Write(known.ResourceVersion, wanted.ToJsonString(), DateTimeOffset.MaxValue);
            var last = _writes.GetValueOrDefault(known.Path);
            if (JsonNode.DeepEquals(wanted, known.Status) || (last?.Until > now && last with { Until = write.Until } == write))
                continue;
            if (room-- == 0 || !election.IsLeader)
                return;

            // With an older CRD the API server drops unknown fields. A second write does not help before the object changes.
            _writes[known.Path] = await WriteAsync(known, wanted, write, stopping);
        }
    }

    /// <summary>An invalid status counts as none.</summary>
    private JsonObject WantedOf(PolicyObject known, DateTimeOffset now)
    {
        try
        {
            return PolicyStatus.Of(known, counter.Of(known.Name), now);
        }
        catch (Exception meddledWith) when (meddledWith is InvalidOperationException or ArgumentException or FormatException)
        {
            return PolicyStatus.Of(known with { Status = null }, counter.Of(known.Name), now);
        }
    }

    private async Task<Write> WriteAsync(PolicyObject known, JsonObject status, Write write, CancellationToken stopping)
    {
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(stopping);
        patience.CancelAfter(times.LeadsFor);
        var metadata = new JsonObject { ["name"] = known.Name, ["resourceVersion"] = known.ResourceVersion };
        if (known.Namespace is not null)
            metadata["namespace"] = known.Namespace;
        var written = new JsonObject { ["apiVersion"] = Document.SupportedApiVersion, ["kind"] = known.Resource.Kind, ["metadata"] = metadata, ["status"] = status };
        try
        {
            var stored = await client.ApplyAsync($"{known.Path}/status", "admission-webhook", Encoding.UTF8.GetBytes(written.ToJsonString()), json => PolicyObject.Read(known.Resource, json), patience.Token);
            return write with { Version = stored.ResourceVersion };
        }
        catch (ApiException outdated) when (outdated.Code is HttpStatusCode.Conflict or HttpStatusCode.NotFound)
        {
            // The object changed or was deleted. The watch shows it, and the next round uses the new state.
            return write with { Version = "" };
        }
        catch (ApiException refused) when (refused.Code is HttpStatusCode.BadRequest or HttpStatusCode.UnprocessableEntity)
        {
            // The API server would reject it again, and the others must not wait for it.
            Log.Refused(logger, known.Path, refused.Message);
            return write;
        }
        catch (ApiException failed) when (failed.Code is HttpStatusCode.InternalServerError or HttpStatusCode.RequestEntityTooLarge)
        {
            // An object at the size limit of the API server has no room for a status. The next object can have.
            Log.Refused(logger, known.Path, failed.Message);
            return write with { Until = time.GetUtcNow() + (times.StatusEvery * LongestBackOff) };
        }
    }

    /// <summary>The last written status, the version of its object, and the time before which it is not written again.</summary>
    private sealed record Write(string Version, string Status, DateTimeOffset Until);

    private static partial class Log
    {
        [LoggerMessage(LogLevel.Error, "The API server rejects the status of {Path}: {Reason}")]
        public static partial void Refused(ILogger logger, string path, string reason);

        [LoggerMessage(LogLevel.Warning, "Cannot write the status of policies, trying again: {Reason}")]
        public static partial void Failed(ILogger logger, string reason);
    }
}
