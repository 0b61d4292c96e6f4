using AdmissionWebhook.Policy.Configuration;
using AdmissionWebhook.Policy.Kinds;
using AdmissionWebhook.Policy.State;
using AdmissionWebhook.Server.Certificates;
using AdmissionWebhook.Server.Operations;
using AdmissionWebhook.Server.Settings;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging.Abstractions;

namespace AdmissionWebhook.Server.Tests.Operations;

public sealed class ConditionTests
{
    [Fact]
    public async Task Is_not_ready_without_a_policy_and_reports_it()
    {
        var (started, settings) = (new Lifetime(hasStarted: true), ServerSettings.Read(new ConfigurationBuilder().Build(), inCluster: false));
        var certificate = new CertificateStatus(new(ServingCertificate.Ephemeral(TimeProvider.System.GetUtcNow())), TimeProvider.System);
        var health = new Health(new(PolicySet.None), new(ClusterState.Unknown), certificate, [], started, new(settings, started, TimeProvider.System, NullLogger<Shutdown>.Instance));
        var context = new DefaultHttpContext { Response = { Body = new MemoryStream() } };

        await health.ReadyzAsync(context);

        Assert.Equal(StatusCodes.Status503ServiceUnavailable, context.Response.StatusCode);
        Assert.Equal(
            """
            [+]listener ok
            [+]certificate ok
            [-]policy failed: no policy is loaded
            readyz check failed

            """,
            System.Text.Encoding.UTF8.GetString(((MemoryStream)context.Response.Body).ToArray()));
    }

    [Fact]
    public async Task Is_not_ready_and_names_each_missing_part()
    {
        var (starting, settings) = (new Lifetime(hasStarted: false), ServerSettings.Read(new ConfigurationBuilder().Build(), inCluster: false));
        var health = new Health(new(PolicySet.Default), new(ClusterState.Unknown.WithKnown([ResourceKind.Service])), new(new(ServingCertificate.None), TimeProvider.System), [], starting, new(settings, starting, TimeProvider.System, NullLogger<Shutdown>.Instance));
        var context = new DefaultHttpContext { Response = { Body = new MemoryStream() } };

        await health.ReadyzAsync(context);

        Assert.Equal(StatusCodes.Status503ServiceUnavailable, context.Response.StatusCode);
        Assert.Equal(
            """
            [-]listener failed: the server is starting
            [-]certificate failed: no certificate is loaded
            [+]policy ok
            [+]cluster Service ok
            [-]cluster Ingress failed: its objects are not loaded yet
            [-]cluster IngressClass failed: its objects are not loaded yet
            [-]cluster Namespace failed: its objects are not loaded yet
            readyz check failed

            """,
            System.Text.Encoding.UTF8.GetString(((MemoryStream)context.Response.Body).ToArray()));
    }

    [Fact]
    public void Is_not_ready_with_an_expired_certificate() =>
        Assert.Equal("it expired on 2026-01-31 00:00:00Z", ServingCertificate.Ephemeral(new(2026, 1, 1, 0, 0, 0, TimeSpan.Zero)).FaultAt(new(2026, 2, 1, 0, 0, 0, TimeSpan.Zero)));

    private sealed class Lifetime(bool hasStarted) : IHostApplicationLifetime
    {
        public CancellationToken ApplicationStarted => new(hasStarted);

        public CancellationToken ApplicationStopping => CancellationToken.None;

        public CancellationToken ApplicationStopped => CancellationToken.None;

        public void StopApplication()
        {
        }
    }
}
