using System.ComponentModel;
using System.Diagnostics;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text.Json;

namespace AdmissionWebhook.KubernetesApi.Configuration;

/// <summary>
/// Credentials of an exec plugin (client.authentication.k8s.io, as in kubeconfigs of cloud providers). It keeps them until shortly before they
/// expire, or until the API server rejects them. KubernetesClient 21 passes all arguments in one string, so it splits arguments with spaces.
/// </summary>
public sealed class ExecCredentials : Credentials, IDisposable
{
    private static readonly TimeSpan RenewBefore = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(1);

    private readonly ExecPlugin _plugin;
    private readonly TimeProvider _clock;
    private readonly SemaphoreSlim _renewing = new(1);
    private volatile Issued? _issued;

    /// <summary>Creates the credentials without running the plugin.</summary>
    public ExecCredentials(ExecPlugin plugin, TimeProvider? clock = null)
    {
        _plugin = plugin;
        _clock = clock ?? TimeProvider.System;
    }

    /// <inheritdoc/>
    public override X509Certificate2? Certificate => _issued?.Certificate;

    /// <inheritdoc/>
    public override async ValueTask<string?> GetTokenAsync(CancellationToken cancellation)
    {
        if (_issued is { } fresh && IsFresh(fresh))
            return fresh.Token;

        await _renewing.WaitAsync(cancellation);
        try
        {
            if (_issued is not { } issued || !IsFresh(issued))
                _issued = issued = await RunAsync(cancellation);
            return issued.Token;
        }
        finally
        {
            _renewing.Release();
        }
    }

    /// <inheritdoc/>
    public override void Reject(string? token)
    {
        // Only the first of many rejected requests finds the token still in use, so the plugin runs once.
        if (_issued?.Token == token)
            _issued = null;
    }

    /// <inheritdoc/>
    public void Dispose() => _renewing.Dispose();

    private bool IsFresh(Issued issued) => issued.Expires is not { } expires || _clock.GetUtcNow() < expires - RenewBefore;

    private async Task<Issued> RunAsync(CancellationToken cancellation)
    {
        var start = new ProcessStartInfo(_plugin.Command, _plugin.Arguments) { RedirectStandardOutput = true, RedirectStandardInput = true, UseShellExecute = false };
        foreach (var (name, value) in _plugin.Environment)
            start.Environment[name] = value;
        start.Environment["KUBERNETES_EXEC_INFO"] = $$"""{"apiVersion":"{{_plugin.ApiVersion}}","kind":"ExecCredential","spec":{"interactive":false} }""";

        using var deadline = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        deadline.CancelAfter(Patience);
        try
        {
            using var process = Process.Start(start)!;
            var output = await ReadOutputAsync(process, deadline.Token);
            return process.ExitCode == 0 ? Read(output) : throw new CredentialsException($"{_plugin.Command} exited with code {process.ExitCode}. {_plugin.InstallHint}");
        }
        catch (Win32Exception error)
        {
            throw new CredentialsException($"Cannot run {_plugin.Command}: {error.Message}. {_plugin.InstallHint}", error);
        }
        catch (OperationCanceledException error) when (!cancellation.IsCancellationRequested)
        {
            throw new CredentialsException($"{_plugin.Command} returned no credentials within {Patience.TotalSeconds:0} seconds.", error);
        }
    }

    /// <summary>Waits for the end of the plugin. On cancellation it kills the plugin, because each try starts a new one.</summary>
    private static async Task<string> ReadOutputAsync(Process process, CancellationToken cancellation)
    {
        try
        {
            process.StandardInput.Close();
            var output = await process.StandardOutput.ReadToEndAsync(cancellation);
            await process.WaitForExitAsync(cancellation);
            return output;
        }
        catch (OperationCanceledException)
        {
            process.Kill(entireProcessTree: true);
            throw;
        }
    }

    private Issued Read(string output)
    {
        try
        {
            using var document = JsonDocument.Parse(output);
            var status = document.RootElement.GetProperty("status");
            var (token, certificate, key) = (Text(status, "token"), Text(status, "clientCertificateData"), Text(status, "clientKeyData"));
            if (token is null && certificate is null)
                throw new CredentialsException($"{_plugin.Command} returned neither a token nor a certificate.");

            DateTimeOffset? expires = Text(status, "expirationTimestamp") is { } text ? DateTimeOffset.Parse(text, System.Globalization.CultureInfo.InvariantCulture) : null;
            return new(token, certificate is null ? null : X509Certificate2.CreateFromPem(certificate, key), expires);
        }
        catch (Exception error) when (error is JsonException or KeyNotFoundException or InvalidOperationException or FormatException or CryptographicException)
        {
            throw new CredentialsException($"{_plugin.Command} returned no valid ExecCredential: {error.Message}", error);
        }
    }

    private static string? Text(JsonElement status, string name) =>
        status.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.String && value.GetString() is { Length: > 0 } text ? text : null;

    private sealed record Issued(string? Token, X509Certificate2? Certificate, DateTimeOffset? Expires);
}

/// <summary>An exec plugin.</summary>
/// <param name="ApiVersion">Its version of ExecCredential.</param>
/// <param name="Command">The command.</param>
/// <param name="Arguments">Its arguments.</param>
/// <param name="Environment">Additional environment variables.</param>
/// <param name="InstallHint">The hint for users without the plugin.</param>
public sealed record ExecPlugin(
    string ApiVersion, string Command, ImmutableArray<string> Arguments, ImmutableArray<KeyValuePair<string, string>> Environment, string? InstallHint);
