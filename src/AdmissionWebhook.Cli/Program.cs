using AdmissionWebhook.Cli;

using var input = new StreamReader(Console.OpenStandardInput());
using var output = new StreamWriter(Console.OpenStandardOutput());
return CommandLine.Run(args, new(input, output, Console.Error, IsTerminal: !Console.IsOutputRedirected));
