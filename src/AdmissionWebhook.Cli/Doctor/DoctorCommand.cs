using System.CommandLine;
using System.Net;
using AdmissionWebhook.Cli.Clusters;
using AdmissionWebhook.KubernetesApi;
using AdmissionWebhook.KubernetesApi.Configuration;

namespace AdmissionWebhook.Cli.Doctor;

/// <summary><c>doctor</c>: checks an installation and prints a remedy for each problem. It changes nothing.</summary>
internal sealed class DoctorCommand : Command
{
    /// <summary>All checks, in the order of their dependencies.</summary>
    private static readonly (string Name, Func<Installation, IAsyncEnumerable<Diagnosis>> RunAsync)[] Checks =
    [
        ("kinds", KindCheck.RunAsync),
        ("replicas", ReplicaCheck.RunAsync),
        ("permissions", PermissionCheck.RunAsync),
        ("registration", RegistrationCheck.RunAsync),
        ("network", NetworkCheck.RunAsync),
        ("certificate", CertificateCheck.RunAsync),
        ("answer", AnswerCheck.RunAsync),
        ("policies", PolicyCheck.RunAsync),
    ];

    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(1);

    private readonly Option<string> _kubeconfig = new("--kubeconfig")
    {
        HelpName = "FILE",
        Description = "The kubeconfig of the cluster; by default the one of kubectl.",
        Validators = { Refusal.Of(string.IsNullOrEmpty, _ => "--kubeconfig must name a file.") },
    };

    private readonly Option<string> _context = new("--context") { HelpName = "NAME", Description = "A context of that kubeconfig; by default the current context." };

    private readonly Option<string> _namespace = new("--namespace") { HelpName = "NS", Description = "The namespace of the installation.", DefaultValueFactory = _ => Installation.Name };

    private readonly Option<string> _probed = new("--probe-namespace")
    {
        HelpName = "NS",
        Description = "The namespace in which to try an Ingress and a Service in a dry run; nothing is created.",
        DefaultValueFactory = _ => "default",
    };

    private readonly Option<string> _output = new("--output") { HelpName = "text|json", Description = "The format of the report.", DefaultValueFactory = _ => "text" };

    private readonly Streams _streams;
    private readonly TimeProvider _time;

    public DoctorCommand(Streams streams, TimeProvider time)
        : base("doctor", "Check an installation of the webhook and print a remedy for each problem. Exit codes: 0 no problem, 1 problems, 2 the check failed.")
    {
        (_streams, _time) = (streams, time);
        _output.AcceptOnlyFromAmong(StringComparer.OrdinalIgnoreCase, "text", "json");
        foreach (var option in (Option[])[_kubeconfig, _context, _namespace, _probed, _output])
            Add(option);
        SetAction(RunAsync);
    }

    private async Task<int> RunAsync(ParseResult parsed, CancellationToken cancellation)
    {
        var mistakes = new List<string>();
        if (LiveCluster.Find(parsed.GetValue(_kubeconfig), parsed.GetValue(_context), mistakes) is not { } cluster)
            return _streams.Refuse(mistakes);

        using var patience = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        patience.CancelAfter(Patience);
        using var installation = new Installation(cluster.Server, parsed.GetRequiredValue(_namespace), parsed.GetRequiredValue(_probed), _time.GetUtcNow(), patience.Token);
        var diagnoses = new List<Diagnosis>();
        try
        {
            foreach (var (name, runAsync) in Checks)
                diagnoses.AddRange(await RunAsync(name, runAsync(installation)));
        }
        catch (Exception error) when (error is HttpRequestException or IOException or CredentialsException or NotSupportedException)
        {
            return _streams.Refuse([$"{cluster.Server.Address}: {error.GetBaseException().Message}"]);
        }
        catch (OperationCanceledException) when (!cancellation.IsCancellationRequested)
        {
            return _streams.Refuse([$"{cluster.Server.Address}: it does not answer"]);
        }

        if (diagnoses.TrueForAll(diagnosis => diagnosis.Health == Health.Unknown))
            return _streams.Refuse(diagnoses.Select(diagnosis => $"{diagnosis.Check}: {diagnosis.Message}"));

        if (parsed.GetRequiredValue(_output).Equals("json", StringComparison.OrdinalIgnoreCase))
            DoctorReport.WriteJson(diagnoses, _streams.Output);
        else
            DoctorReport.WriteText(diagnoses, new(_streams));
        return diagnoses.Exists(diagnosis => diagnosis.Health == Health.Wrong) ? CommandLine.Failed : CommandLine.Passed;
    }

    /// <summary>Runs the other checks even if one lacks a permission.</summary>
    private static async Task<List<Diagnosis>> RunAsync(string name, IAsyncEnumerable<Diagnosis> check)
    {
        var found = new List<Diagnosis>();
        try
        {
            await foreach (var diagnosis in check)
                found.Add(diagnosis);
        }
        catch (ApiException refused)
        {
            found.Add(new(
                name, Health.Unknown, refused.Message,
                refused.Code is HttpStatusCode.Forbidden or HttpStatusCode.Unauthorized ? "Run the command again as a user with this permission, such as an administrator of the cluster" : null));
        }

        return found;
    }
}
