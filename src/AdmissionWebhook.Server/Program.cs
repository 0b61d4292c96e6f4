using AdmissionWebhook.Server;
using AdmissionWebhook.Server.Operations;
using AdmissionWebhook.Server.Settings;

if (CommandLine.AsksForHelp(args))
{
    Console.WriteLine(Usage.Text);
    return 0;
}

try
{
    var inCluster = Environment.GetEnvironmentVariable("KUBERNETES_SERVICE_HOST") is { Length: > 0 };
    var settings = ServerSettings.Read(args, inCluster);

    using var log = OperationalLog.Create(asJson: inCluster && Console.IsErrorRedirected);
    await using var server = AdmissionServer.Create(settings, log);
    await server.StartAsync();
    return await server.WaitForStopAsync();
}
catch (StartRefusedException refused)
{
    foreach (var mistake in refused.Mistakes)
        await Console.Error.WriteLineAsync(mistake);
    return 2;
}
