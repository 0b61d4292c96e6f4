using System.Net;
using System.Net.Http.Headers;
using AdmissionWebhook.KubernetesApi.Configuration;

namespace AdmissionWebhook.KubernetesApi;

/// <summary>
/// Sits between KubernetesClient and the connection: adds credentials, retries once with new ones, passes warnings on, and turns errors into <see
/// cref="ApiException"/>.
/// </summary>
internal sealed class AnswerHandler(ApiServer server, string userAgent) : DelegatingHandler
{
    private volatile Tick? _last;

    public Action<string>? Warned { get; set; }

    /// <summary>The API server's time, to the second; null before its first answer.</summary>
    public DateTimeOffset? Now => _last is { } last ? last.Date + TimeProvider.System.GetElapsedTime(last.At) : null;

    protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        // .NET takes the TLS host name only from here.
        request.Headers.Host = server.ServerName;
        request.Headers.UserAgent.Clear();
        request.Headers.UserAgent.ParseAdd(userAgent);
        request.Headers.Accept.ParseAdd("application/json");
        foreach (var (name, value) in server.Impersonation)
            request.Headers.TryAddWithoutValidation(name, value);
        for (var isRetry = false; ; isRetry = true)
        {
            var token = await server.Credentials.GetTokenAsync(cancellationToken);
            if (token is not null)
                request.Headers.Authorization = new(server.Credentials.Scheme, token);

            var response = await base.SendAsync(request, cancellationToken);
            if (response.Headers.Date is { } date)
                _last = new(date, TimeProvider.System.GetTimestamp());
            foreach (var warning in response.Headers.Warning)
                Warned?.Invoke(warning.Text[1..^1].Replace("\\\"", "\"", StringComparison.Ordinal));
            if (response.IsSuccessStatusCode)
                return response;

            using (response)
            {
                if (response.StatusCode == HttpStatusCode.Unauthorized)
                    server.Credentials.Reject(token);
                if (response.StatusCode != HttpStatusCode.Unauthorized || isRetry)
                    throw ApiException.Read(await response.Content.ReadAsByteArrayAsync(cancellationToken), response.StatusCode, RetryAfterOf(response.Headers));
            }
        }
    }

    private sealed record Tick(DateTimeOffset Date, long At);

    /// <summary>Proxies can send a date instead of seconds. It is a time of their clock, so it is compared with the Date of their answer.</summary>
    private static TimeSpan? RetryAfterOf(HttpResponseHeaders headers) =>
        headers.RetryAfter is { Date: { } instant } ? instant - (headers.Date ?? TimeProvider.System.GetUtcNow()) : headers.RetryAfter?.Delta;
}
