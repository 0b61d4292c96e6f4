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
    public void Foreign_text_neither_breaks_nor_disguises_a_log_line(string value, string expected)
    {
        var lines = new Lines();
        using var provider = new SerilogLoggerProvider(new LoggerConfiguration().Enrich.With<PrintableValues>().WriteTo.Sink(lines).CreateLogger(), dispose: true);

#pragma warning disable CA1848, CA2254 // One line, once.
        provider.CreateLogger("test").LogError("Rule {Rule} failed {Count} times", value, 3);
#pragma warning restore CA1848, CA2254

        Assert.Equal([$"Rule {expected} failed 3 times"], lines.Written);
    }

    [Fact]
    public void A_message_with_a_line_break_stays_one_line()
    {
        var marker = $"{Guid.NewGuid()}";

        var written = Written(asJson: false, $"{marker} one\n{marker} two");

        Assert.EndsWith($" ERR Rule {marker} one\\u000a{marker} two failed", Assert.Single(written.Split(Environment.NewLine), line => line.Contains(marker, StringComparison.Ordinal)), StringComparison.Ordinal);
    }

    [Fact]
    public void Writes_each_log_line_as_JSON_when_asked()
    {
        var marker = $"{Guid.NewGuid()}";

        var written = Written(asJson: true, marker);

        var line = JsonNode.Parse(Assert.Single(written.Split(Environment.NewLine), line => line.Contains(marker, StringComparison.Ordinal)))!;
        Assert.Equal(("Error", $"Rule \"{marker}\" failed", marker), ((string?)line["Level"], (string?)line["RenderedMessage"], (string?)line["Properties"]!["Rule"]));
    }

    [Fact]
    public async Task Creates_no_Activity_for_a_request()
    {
        await using var server = new RunningServer();
        server.AnswerPost("/activity", context => context.Response.WriteAsync(Activity.Current?.OperationName ?? "none"));
        await server.InitializeAsync();

        using var answer = await server.Client.PostAsync(new Uri(server.Webhook, "/activity"), null);

        Assert.Equal("none", await answer.Content.ReadAsStringAsync());
    }

    private static string Written(bool asJson, string rule)
    {
        var before = Console.Error;
        using var standardError = new StringWriter();
        Console.SetError(standardError);
        try
        {
            using var provider = OperationalLog.Create(asJson);
#pragma warning disable CA1848, CA2254 // One line, once.
            provider.CreateLogger("test").LogError("Rule {Rule} failed", rule);
#pragma warning restore CA1848, CA2254
        }
        finally
        {
            Console.SetError(before);
        }

        return standardError.ToString();
    }

    private sealed class Lines : ILogEventSink
    {
        public List<string> Written { get; } = [];

        public void Emit(LogEvent logEvent) => Written.Add(string.Concat(logEvent.MessageTemplate.Tokens.Select(token => token is Serilog.Parsing.PropertyToken property ? Text(logEvent.Properties[property.PropertyName]) : token.ToString())));

        private static string Text(LogEventPropertyValue value) => ((ScalarValue)value).Value!.ToString()!;
    }
}
