using System.Diagnostics;
using AdmissionWebhook.Server.Operations;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;
using Serilog;
using Serilog.Core;
using Serilog.Events;
using Serilog.Extensions.Logging;

namespace AdmissionWebhook.Server.Tests.Operations;

public sealed class OperationalLogTests
{
    [Theory]
    [InlineData("plain \"text\" – with umlauts äöü", "plain \"text\" – with umlauts äöü")]
    [InlineData("one\n2026-01-01 ERR forged", "one\\u000a2026-01-01 ERR forged")]
    [InlineData("a\r\u001b[31mb\u0085\u2028\u202ec\0", "a\\u000d\\u001b[31mb\\u0085\\u2028\\u202ec\\u0000")]
    public void What_comes_from_outside_neither_breaks_nor_disguises_a_line(string value, string expected)
    {
        var lines = new Lines();
        using var provider = new SerilogLoggerProvider(new LoggerConfiguration().Enrich.With<PrintableValues>().WriteTo.Sink(lines).CreateLogger(), dispose: true);

#pragma warning disable CA1848, CA2254 // One line, once.
        provider.CreateLogger("test").LogError("Rule {Rule} failed {Count} times", value, 3);
#pragma warning restore CA1848, CA2254

        Assert.Equal([$"Rule {expected} failed 3 times"], lines.Written);
    }

    [Fact]
    public async Task A_request_gets_no_Activity_for_a_log_that_nobody_writes()
    {
        await using var server = new RunningServer();
        server.AnswerPost("/activity", context => context.Response.WriteAsync(Activity.Current?.OperationName ?? "none"));
        await server.InitializeAsync();

        using var answer = await server.Client.PostAsync(new Uri(server.Webhook, "/activity"), null);

        Assert.Equal("none", await answer.Content.ReadAsStringAsync());
    }

    private sealed class Lines : ILogEventSink
    {
        public List<string> Written { get; } = [];

        public void Emit(LogEvent logEvent) => Written.Add(string.Concat(logEvent.MessageTemplate.Tokens.Select(token => token is Serilog.Parsing.PropertyToken property ? Text(logEvent.Properties[property.PropertyName]) : token.ToString())));

        private static string Text(LogEventPropertyValue value) => ((ScalarValue)value).Value!.ToString()!;
    }
}
