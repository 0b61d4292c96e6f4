using System.Diagnostics;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using AdmissionWebhook.Policy.Kinds;
using AdmissionWebhook.Policy.Rules.Ingresses;
using AdmissionWebhook.Policy.Rules.Ingresses.Annotations;

namespace AdmissionWebhook.Policy.Tests.Rules;

/// <summary>What rules say of their samples, compared with what a real nginx does with the same directives. They run where nginx is installed.</summary>
public sealed class NginxTests : IDisposable
{
    private static readonly string? Nginx = (Environment.GetEnvironmentVariable("PATH") ?? "").Split(':').Append("/usr/sbin").Select(folder => Path.Combine(folder, "nginx")).FirstOrDefault(File.Exists);

    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("nginx-");

    /// <summary>The samples of a rule, without those whose policy says what the ConfigMap of ingress-nginx has.</summary>
    public static TheoryData<string> FilesOf(string rule) =>
        [.. RuleSample.Files.Where(file => file.Contains(rule + "/", StringComparison.Ordinal) && !file.Contains("configmap", StringComparison.Ordinal))];

    public void Dispose() => _folder.Delete(recursive: true);

    [Theory, MemberData(nameof(FilesOf), "ingress-path-valid")]
    public void A_path_of_a_sample_is_invalid_exactly_if_nginx_does_not_load_it(string file)
    {
        Assert.SkipWhen(Nginx is null, "nginx is not installed.");
        var (sample, findings) = Read(file);

        foreach (var path in sample.Paths.Where(path => !path.Path!.Contains('"', StringComparison.Ordinal) && RegexLocations.Cause(sample, NginxAnnotation.DefaultPrefix) is not null))
        {
            var error = Load(NginxDirectives.Of([], [path.Path!]));
            Assert.Equal((path.Path, error is null), (path.Path, !findings.Contains($"{path.At / "path"}")));
        }
    }

    [Theory, MemberData(nameof(FilesOf), "ingress-nginx-annotation-value"), MemberData(nameof(FilesOf), "ingress-rewrite-group")]
    public void A_value_of_a_sample_is_refused_exactly_if_nginx_does_not_load_it(string file)
    {
        Assert.SkipWhen(Nginx is null, "nginx is not installed.");
        var (sample, findings) = Read(file);
        var snippets = RuleSample.Read(file).Cluster.Objects.OfType<Ingress>().Append(sample).SelectMany(ingress => ingress.Metadata.Annotations.Entries).Where(entry => entry.Key.EndsWith("-snippet", StringComparison.Ordinal)).Select(entry => entry.Value);
        var paths = sample.Paths.Select(path => path.Path!).ToList();

        foreach (var group in NginxDirectives.Together(sample))
        {
            var error = Load(NginxDirectives.Of(group, RegexLocations.Cause(sample, NginxAnnotation.DefaultPrefix) is null ? [] : paths, string.Join('\n', snippets)));
            var isRefused = group.Any(annotation => findings.Contains($"metadata.annotations[{NginxAnnotation.DefaultPrefix}/{annotation.Name}]"));
            Assert.True(isRefused == error is not null, $"{string.Join(", ", group)}: {(isRefused ? "refused" : "allowed")}, and nginx says {error ?? "nothing"}");
        }
    }

    /// <summary>The Ingress of a sample, and where nginx does not load it according to the rule.</summary>
    private static (Ingress Ingress, HashSet<string> Refused) Read(string file)
    {
        var sample = RuleSample.Read(file);
        var refused = sample.Decide().Findings.Where(finding => finding.Violation.Message.Contains(RegexLocations.Consequence, StringComparison.Ordinal));
        return ((Ingress)sample.Subject.Object!, [.. refused.Select(finding => finding.Field.ToString())]);
    }

    /// <summary>The first error of nginx; null if it loads the directives.</summary>
    private string? Load(NginxDirectives directives)
    {
        var certificate = Path.Combine(_folder.FullName, "certificate.pem");
        if (!File.Exists(certificate))
            File.WriteAllText(certificate, Certificate());
        var configuration = Path.Combine(_folder.FullName, "nginx.conf");
        File.WriteAllText(configuration, directives.Write(_folder.FullName, certificate));

        using var process = Process.Start(new ProcessStartInfo(Nginx!, ["-t", "-q", "-p", _folder.FullName, "-c", configuration]) { RedirectStandardError = true, UseShellExecute = false })!;
        var errors = process.StandardError.ReadToEnd();
        process.WaitForExit();
        Assert.True(process.ExitCode == 0 || errors.Contains("[emerg]", StringComparison.Ordinal), errors);
        return process.ExitCode == 0 ? null : errors;
    }

    private static string Certificate()
    {
        using var key = RSA.Create(2048);
        using var certificate = new CertificateRequest("CN=test", key, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1).CreateSelfSigned(DateTimeOffset.UtcNow.AddDays(-1), DateTimeOffset.UtcNow.AddDays(1));
        return certificate.ExportCertificatePem() + "\n" + key.ExportPkcs8PrivateKeyPem() + "\n";
    }
}
