using System.Buffers;
using System.Text.Json;
using AdmissionWebhook.Server;
using AdmissionWebhook.Server.Operations;
using AdmissionWebhook.Server.Settings;
using Microsoft.AspNetCore.Http;

namespace AdmissionWebhook.Benchmarks.Serving;

/// <summary>
/// The server as it ships, in a process of its own, with two more paths: one that answers without looking, for scale, and one that tells what the process has used up.
/// </summary>
internal static class MeasuredServer
{
    public const string NoOp = "/noop";
    public const string Statistics = "/statistics";

    private static readonly byte[] Constant =
        """{"apiVersion":"admission.k8s.io/v1","kind":"AdmissionReview","response":{"uid":"00000000-0000-0000-0000-000000000000","allowed":true}}"""u8.ToArray();

    public static async Task<int> RunAsync(string[] settings)
    {
        using var log = OperationalLog.Create(asJson: false);
        await using var server = AdmissionServer.Create(ServerSettings.Read(settings, inCluster: false), log);
        server.AnswerPost(NoOp, AnswerNothingAsync);
        server.AnswerPost(Statistics, TellStatisticsAsync);
        await server.StartAsync();
        await server.WaitForStopAsync();
        return 0;
    }

    private static async Task AnswerNothingAsync(HttpContext context)
    {
        await context.Request.BodyReader.CopyToAsync(Stream.Null, context.RequestAborted);
        context.Response.ContentType = "application/json";
        context.Response.ContentLength = Constant.Length;
        context.Response.BodyWriter.Write(Constant);
    }

    private static Task TellStatisticsAsync(HttpContext context)
    {
        context.Response.ContentType = "application/json";
        return JsonSerializer.SerializeAsync(context.Response.Body, ServerStatistics.OfThisProcess(), ServerStatisticsJson.Default.ServerStatistics, context.RequestAborted);
    }
}
