using System.Net;
using System.Text.Json;

namespace AdmissionWebhook.KubernetesApi;

/// <summary>The API server answered, and the answer is an error (a Kubernetes <c>Status</c>).</summary>
public sealed class ApiException : Exception
{
    /// <summary>Creates the exception with all details of the answer.</summary>
    public ApiException(HttpStatusCode code, string reason, string message, TimeSpan? retryAfter = null)
        : base(message)
    {
        Code = code;
        Reason = reason;
        RetryAfter = retryAfter;
    }

    /// <summary>The HTTP status, or the code of an error within a watch.</summary>
    public HttpStatusCode Code { get; }

    /// <summary>The reason in Kubernetes' words: NotFound, Forbidden, Conflict, Expired, TooManyRequests; empty if the server sent none.</summary>
    public string Reason { get; }

    /// <summary>The wait that the server requests; null if it requests none.</summary>
    public TimeSpan? RetryAfter { get; }

    /// <summary>Whether a resource version is too old, so the caller must list again.</summary>
    public bool IsExpired => Code == HttpStatusCode.Gone || Reason is "Expired" or "Gone";

    /// <summary>Reads a Status; any other answer of a server or proxy becomes the message, shortened.</summary>
    internal static ApiException Read(ReadOnlySpan<byte> body, HttpStatusCode code, TimeSpan? retryAfter)
    {
        var (reason, message) = ("", "");
        try
        {
            var json = new Utf8JsonReader(body, ListPage.AnyDepth);
            for (var depth = 0; json.Read();)
            {
                if (json.TokenType is JsonTokenType.StartObject && depth++ > 0)
                    (depth, _) = (depth - 1, json.TrySkip());
                else if (json.TokenType == JsonTokenType.PropertyName && json.ValueTextEquals("reason"u8) && json.Read() && json.TokenType == JsonTokenType.String)
                    reason = json.GetString()!;
                else if (json.TokenType == JsonTokenType.PropertyName && json.ValueTextEquals("message"u8) && json.Read() && json.TokenType == JsonTokenType.String)
                    message = json.GetString()!;
                else if (json.TokenType == JsonTokenType.PropertyName && json.ValueTextEquals("details"u8) && json.Read() && json.TokenType == JsonTokenType.StartObject)
                    retryAfter ??= ReadRetryAfter(ref json);
                else if (json.TokenType == JsonTokenType.PropertyName && json.ValueTextEquals("code"u8) && json.Read() && json.TokenType == JsonTokenType.Number && json.TryGetInt32(out var number))
                    code = (HttpStatusCode)number;
            }
        }
        catch (Exception error) when (error is JsonException or InvalidOperationException)
        {
            message = System.Text.Encoding.UTF8.GetString(body[..Math.Min(body.Length, 200)]).Trim();
        }

        return new(code, reason, message.Length > 0 ? message : $"The API server answered {(int)code}.", retryAfter);
    }

    /// <summary>The requested wait in the details of a Status: an error in a watch has no headers.</summary>
    private static TimeSpan? ReadRetryAfter(ref Utf8JsonReader details)
    {
        TimeSpan? wait = null;
        for (; details.Read() && details.TokenType == JsonTokenType.PropertyName; details.Skip())
        {
            var isWait = details.ValueTextEquals("retryAfterSeconds"u8);
            details.Read();
            if (isWait && details.TokenType == JsonTokenType.Number && details.TryGetInt32(out var seconds))
                wait = TimeSpan.FromSeconds(seconds);
        }

        return wait;
    }
}
