using System.Collections.Concurrent;
using AdmissionWebhook.Server.Audit;
using AdmissionWebhook.Server.Callers;
using AdmissionWebhook.Server.Claims;
using AdmissionWebhook.Server.Cluster;
using AdmissionWebhook.Server.Operations;

namespace AdmissionWebhook.Server.Admission;

/// <summary>
/// Answers API servers. A review without a possible answer gets a 4xx; a denial is an answer like any other.
/// </summary>
internal sealed partial class AdmissionEndpoint(
    Current<PolicySet> policies, Current<ClusterState> cluster, AuditLog audit, Capacity capacity, Metrics metrics, TimeProvider time,
    ClaimLedger claims, ILogger<AdmissionEndpoint> logger, LiveReader? live = null, TokenCheck? tokens = null)
{
    /// <summary>The interval between log lines about one rule: a caller could cause one with each request.</summary>
    private static readonly TimeSpan BetweenLogs = TimeSpan.FromSeconds(10);

    private readonly ConcurrentDictionary<string, LogInterval> _failures = new();

    public Task ValidateAsync(HttpContext context) => AnswerAsync(context, AdmissionPhase.Validating);

    public Task MutateAsync(HttpContext context) => AnswerAsync(context, AdmissionPhase.Mutating);

    private async Task AnswerAsync(HttpContext context, AdmissionPhase phase)
    {
        var started = time.GetTimestamp();
        using var deadline = Deadline.Begin(context.Request.QueryString.Value, time);
        if (tokens is not null && !await tokens.AcceptsAsync(context))
        {
            await RefuseCallerAsync(context);
            return;
        }

        if (!capacity.IsInTime(deadline, started))
        {
            await RefuseForNowAsync(context);
            return;
        }

        var connection = context.Features.Get<OpenConnection>();
        using var body = await ReceiveAsync(context, connection, deadline);
        if (body is null)
            return;

        connection?.Asked();
        try
        {
            await AnswerAsync(context, phase, body, connection?.Address ?? default, started, deadline);
        }
        finally
        {
            connection?.Answered();
        }
    }

    /// <summary>The body is complete, and counts as a review from here on.</summary>
    private async Task AnswerAsync(
        HttpContext context, AdmissionPhase phase, RequestBody body, SourceAddress address, long started, Deadline deadline)
    {
        if (!capacity.TryEnter(address))
        {
            await RefuseForNowAsync(context);
            return;
        }

        try
        {
            if (!await body.TryReserveObjectsAsync(deadline))
                await RefuseForNowAsync(context);
            else if (await ReadAsync(context, body) is { } review)
                await AnswerAsync(context, phase, review, started, deadline);
        }
        finally
        {
            capacity.Leave(address);
        }
    }

    private async Task AnswerAsync(HttpContext context, AdmissionPhase phase, AdmissionReview review, long started, Deadline deadline)
    {
        var (subject, policySet, state) = (review.ToSubject(phase, time.GetUtcNow()), policies.Value, cluster.Value);
        var decision = live is null ? PolicyEngine.Decide(subject, policySet, state, new(Budget.UsualSteps, deadline.IsOver)) : await live.DecideAsync(subject, policySet, state, deadline);
        decision = await claims.ClaimAsync(decision, subject, policySet, state, deadline);
        Count(review.Request, decision);
        AdmissionResponse.Write(context.Response.BodyWriter, review.Request, decision, policySet.Revision, Probe.AnswerTo(subject), out var length);
        context.Response.ContentType = "application/json";
        context.Response.ContentLength = length;

        // Before the server sends the answer: the record must exist even if the caller has gone.
        var record = new DecisionRecord(time.GetUtcNow(), phase, review.Request, decision, policySet.Revision, time.GetElapsedTime(started))
        {
            IsUndelivered = deadline.IsLost() || context.RequestAborted.IsCancellationRequested,
        };
        audit.Write(record);
        metrics.CountReview(phase, record.Verdict, record.Duration);
    }

    private void Count(AdmissionRequest request, Decision decision)
    {
        foreach (var finding in decision.Findings)
        {
            if (finding.Status == FindingStatus.Violated)
            {
                metrics.CountFinding(finding.Rule.Id, finding.Enforcement);
            }
            else if (finding.Status == FindingStatus.Exempted)
            {
                metrics.CountExempted(finding.Rule.Id);
            }
            else if (finding.Status == FindingStatus.Failed)
            {
                metrics.CountRuleFailure(finding.Rule.Id);
                if (_failures.GetOrAdd(finding.Rule.Id, _ => new(time, BetweenLogs)).Passes())
                    Log.RuleFailed(logger, finding.Rule.Id, request.Uid, finding.Violation.Message);
            }
        }
    }

    /// <summary>The whole body, or null after a rejection.</summary>
    private async ValueTask<RequestBody?> ReceiveAsync(HttpContext context, OpenConnection? connection, Deadline deadline)
    {
        try
        {
            var body = await RequestBody.ReadAsync(context.Request, capacity, connection?.Address ?? default, deadline);
            if (!body.IsRefused)
                return body;

            body.Dispose();
            await RefuseForNowAsync(context);
            return null;
        }
        catch (BadHttpRequestException unanswerable)
        {
            CountFailure(connection);
            await RefuseAsync(context, unanswerable.StatusCode, unanswerable.Message);
        }
        catch (OutOfMemoryException)
        {
            capacity.RefuseForMemory();
            await RefuseForNowAsync(context);
        }
        catch (OperationCanceledException) when (!context.RequestAborted.IsCancellationRequested)
        {
            capacity.RefuseForBody();
            CountFailure(connection);
            await RefuseAsync(context, StatusCodes.Status408RequestTimeout, "The review did not arrive in time.");
        }
        catch (Exception gone) when (gone is IOException or OperationCanceledException)
        {
            // The caller cancelled, disconnected, or sent an invalid chunk size: an answer would allow an object that the server has not read.
            CountFailure(connection);
            context.Abort();
        }

        return null;
    }

    private void CountFailure(OpenConnection? connection)
    {
        if (connection?.Failed() is true)
            metrics.CountClosedConnection("webhook", "bodies");
    }

    /// <summary>The review, or null after a rejection.</summary>
    private async ValueTask<AdmissionReview?> ReadAsync(HttpContext context, RequestBody body)
    {
        try
        {
            var review = ReviewReader.Read(body.Bytes);
            body.ReleaseBytes();
            if (tokens is null || tokens.Covers(context, review.Request.Group))
                return review;

            await RefuseCallerAsync(context);
        }
        catch (BadHttpRequestException unanswerable)
        {
            await RefuseAsync(context, unanswerable.StatusCode, unanswerable.Message);
        }
        catch (OutOfMemoryException)
        {
            capacity.RefuseForMemory();
            await RefuseForNowAsync(context);
        }

        return null;
    }

    /// <summary>The answer does not contain the error in the token; the log and the metrics do.</summary>
    private static Task RefuseCallerAsync(HttpContext context)
    {
        context.Response.Headers.WWWAuthenticate = "Bearer";
        return RefuseAsync(context, StatusCodes.Status401Unauthorized, "The caller is not authenticated.");
    }

    /// <summary>
    /// API servers ask again after so many seconds, within the timeout of the webhook; then failurePolicy decides. Any answer would decide in its
    /// place.
    /// </summary>
    private static Task RefuseForNowAsync(HttpContext context)
    {
        context.Response.Headers.RetryAfter = "1";
        return RefuseAsync(context, StatusCodes.Status429TooManyRequests, "Too many reviews are in progress. Try again.");
    }

    private static Task RefuseAsync(HttpContext context, int status, string reason)
    {
        context.Response.StatusCode = status;
        context.Response.ContentType = "text/plain; charset=utf-8";
        return context.Response.WriteAsync(reason + "\n");
    }

    private static partial class Log
    {
        [LoggerMessage(LogLevel.Error, "Rule {Rule} failed on request {Uid}: {Reason}")]
        public static partial void RuleFailed(ILogger logger, string rule, string uid, string reason);
    }
}
