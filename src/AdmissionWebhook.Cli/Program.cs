using System.Text;
using AdmissionWebhook.Cli;

using var input = new StreamReader(Console.OpenStandardInput());
using var output = new StreamWriter(Console.OpenStandardOutput(), new UTF8Encoding(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: false));
return await CommandLine.RunAsync(args, new(input, output, Console.Error, IsTerminal: !Console.IsOutputRedirected), TimeProvider.System);
