using System.Security.Cryptography.X509Certificates;

namespace AdmissionWebhook.KubernetesApi.Configuration;

/// <summary>
/// Credentials: a bearer token, a client certificate, both or neither. KubernetesClient 21 keeps a token for a minute after a rejection, and runs an
/// exec plugin for each request that waits for a new one.
/// </summary>
public abstract class Credentials
{
    /// <summary>No credentials.</summary>
    public static Credentials None { get; } = new FixedCredentials(null, null);

    /// <summary>The client certificate with its key, or null.</summary>
    public abstract X509Certificate2? Certificate { get; }

    /// <summary>The scheme of the token: <c>Bearer</c>, or <c>Basic</c> (RFC 7617) for a user name and password.</summary>
    public virtual string Scheme => "Bearer";

    /// <summary>The token to send now, or null. Renews a token that expires soon.</summary>
    /// <exception cref="CredentialsException">No credentials are available.</exception>
    public abstract ValueTask<string?> GetTokenAsync(CancellationToken cancellation);

    /// <summary>The API server rejected a token: the next one must be different, if possible.</summary>
    public virtual void Reject(string? token)
    {
    }
}

/// <summary>Credentials that never change.</summary>
/// <param name="token">A token.</param>
/// <param name="certificate">A client certificate with its key.</param>
/// <param name="scheme">The scheme of the token.</param>
public sealed class FixedCredentials(string? token, X509Certificate2? certificate, string scheme = "Bearer") : Credentials
{
    /// <inheritdoc/>
    public override string Scheme => scheme;

    /// <inheritdoc/>
    public override X509Certificate2? Certificate => certificate;

    /// <inheritdoc/>
    public override ValueTask<string?> GetTokenAsync(CancellationToken cancellation) => new(token);
}

/// <summary>A token in a file that changes: the service account token of a pod lives an hour, and the kubelet replaces it before.</summary>
/// <param name="path">The file.</param>
/// <param name="certificate">A client certificate with its key.</param>
/// <param name="clock">The clock for the next read.</param>
public sealed class TokenFile(string path, X509Certificate2? certificate = null, TimeProvider? clock = null) : Credentials
{
    private static readonly TimeSpan Freshness = TimeSpan.FromMinutes(1);

    private readonly TimeProvider _clock = clock ?? TimeProvider.System;
    private volatile Reading? _last;

    /// <inheritdoc/>
    public override X509Certificate2? Certificate => certificate;

    /// <inheritdoc/>
    public override async ValueTask<string?> GetTokenAsync(CancellationToken cancellation)
    {
        if (_last is { } last && _clock.GetElapsedTime(last.At) < Freshness)
            return last.Token;

        try
        {
            var token = (await File.ReadAllTextAsync(path, cancellation)).Trim();
            _last = new(token, _clock.GetTimestamp());
            return token;
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            // While the kubelet replaces the file, the old token is still valid.
            return _last?.Token ?? throw new CredentialsException($"Cannot read the token file {path}: {error.Message}", error);
        }
    }

    /// <inheritdoc/>
    public override void Reject(string? token)
    {
        if (_last?.Token == token)
            _last = null;
    }

    private sealed record Reading(string Token, long At);
}

/// <summary>No credentials are available.</summary>
public sealed class CredentialsException : Exception
{
    /// <summary>Creates the exception with the reason.</summary>
    public CredentialsException(string message, Exception? inner = null)
        : base(message, inner)
    {
    }
}
