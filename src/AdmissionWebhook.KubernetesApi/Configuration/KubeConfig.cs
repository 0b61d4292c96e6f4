using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using YamlDotNet.Core;
using YamlDotNet.RepresentationModel;

namespace AdmissionWebhook.KubernetesApi.Configuration;

/// <summary>
/// Reads kubeconfig files as kubectl does: the first of several files wins for each cluster, user and context, and paths are relative
/// to their file.
/// </summary>
/// <remarks>
/// KubernetesClient 21 ignores the case of context names, so it takes <c>Prod</c> for <c>prod</c>; it ignores <c>as</c> and <c>proxy-url</c>; and it
/// rejects <c>tokenFile</c> and a KUBECONFIG with a missing file.
/// </remarks>
public static class KubeConfig
{
    /// <summary>Real kubeconfigs have about ten levels.</summary>
    private const int MaxDepth = 100;

    /// <summary>The files of kubectl: those of KUBECONFIG, else ~/.kube/config.</summary>
    /// <param name="environment">Reads an environment variable.</param>
    public static ImmutableArray<string> DefaultFiles(Func<string, string?> environment) => environment("KUBECONFIG") is { Length: > 0 } paths
        ? [.. paths.Split(Path.PathSeparator, StringSplitOptions.RemoveEmptyEntries).Where(File.Exists)]
        : [Path.Combine(environment("HOME") ?? "", ".kube", "config")];

    /// <summary>The API server of a context.</summary>
    /// <param name="files">The kubeconfig files.</param>
    /// <param name="context">The context's name; null for the current one.</param>
    /// <exception cref="KubeConfigException">A file is unreadable, or an entry is missing or invalid.</exception>
    public static ApiServer Read(IReadOnlyCollection<string> files, string? context = null)
    {
        var sections = files.Select(Load).ToList();
        var name = context ?? sections.Select(section => section.Text("current-context")).FirstOrDefault(current => current is not null)
            ?? throw new KubeConfigException($"{string.Join(", ", files)}: current-context is required; choose a context.");
        var chosen = Find(sections, "contexts", "context", name);
        var cluster = Find(sections, "clusters", "cluster", chosen.Text("cluster") ?? "");
        var user = chosen.Text("user") is { } userName ? Find(sections, "users", "user", userName) : Section.Empty;

        if (!Uri.TryCreate(cluster.Text("server"), UriKind.Absolute, out var address))
            throw new KubeConfigException($"{cluster.File}: the cluster of context \"{name}\" must have a valid server URL.");

        // Local clusters write 0.0.0.0, which is not an address to connect to; kubectl takes it as this machine.
        var isAnywhere = address.Host == "0.0.0.0";
        return new()
        {
            Address = isAnywhere ? new UriBuilder(address) { Host = "127.0.0.1" }.Uri : address,
            Authorities = ReadAuthorities(cluster),
            ServerName = cluster.Text("tls-server-name") ?? (isAnywhere ? address.Host : null),
            IsInsecure = cluster.Text("insecure-skip-tls-verify") == "true",
            Proxy = Uri.TryCreate(cluster.Text("proxy-url"), UriKind.Absolute, out var proxy) ? proxy : null,
            Impersonation = CheckSendable([.. ReadImpersonation(user)], user),
            Credentials = ReadCredentials(user),
            Namespace = chosen.Text("namespace"),
        };
    }

    private static Section Load(string file)
    {
        try
        {
            var text = RegularFile.ReadText(file);
            CheckDepth(text);
            var yaml = new YamlStream();
            yaml.Load(new StringReader(text));
            return new(file, yaml.Documents.Count > 0 ? yaml.Documents[0].RootNode as YamlMappingNode : null);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException or YamlException or ArgumentException or InvalidOperationException)
        {
            throw new KubeConfigException($"{file}: {error.Message}", error);
        }
    }

    /// <summary>Limits the depth: the YAML loader is recursive, and a stack overflow ends the process.</summary>
    /// <exception cref="YamlException">The text is not YAML, or nests too deep.</exception>
    private static void CheckDepth(string text)
    {
        var (parser, depth) = (new Parser(new StringReader(text)), 0);
        while (parser.MoveNext())
        {
            if (parser.Current is { } parsed && (depth += parsed.NestingIncrease) > MaxDepth)
                throw new YamlException(parsed.Start, parsed.End, $"nested deeper than {MaxDepth} levels");
        }
    }

    private static Section Find(List<Section> files, string list, string member, string name) =>
        files.SelectMany(file => file.List(list)).FirstOrDefault(entry => entry.Text("name") == name)?.Member(member)
        ?? throw new KubeConfigException($"{string.Join(", ", files.Select(file => file.File))}: {member} \"{name}\" does not exist.");

    private static X509Certificate2Collection? ReadAuthorities(Section cluster)
    {
        if (cluster.Data("certificate-authority") is not { } pem)
            return null;

        var authorities = new X509Certificate2Collection();
        try
        {
            authorities.ImportFromPem(pem);
        }
        catch (CryptographicException error)
        {
            throw new KubeConfigException($"{cluster.File}: certificate-authority: {error.Message}", error);
        }

        return authorities;
    }

    private static Credentials ReadCredentials(Section user)
    {
        var certificate = ReadCertificate(user);
        if (user.Member("exec") is { } exec)
            return new ExecCredentials(ReadPlugin(exec));
        if (user.Text("tokenFile") is { } file)
            return new TokenFile(user.Resolve(file), certificate);
        if (user.Text("token") is { } token)
            return new FixedCredentials(token, certificate);
        if (user.Member("auth-provider") is { } provider)
            return new FixedCredentials(ReadProvided(provider), certificate);
        return user.Text("username") is { } name
            ? new FixedCredentials(Convert.ToBase64String(System.Text.Encoding.UTF8.GetBytes($"{name}:{user.Text("password")}")), certificate, "Basic")
            : new FixedCredentials(null, certificate);
    }

    /// <summary>The token that another program stored. The client does not renew it: exec plugins do that.</summary>
    private static string ReadProvided(Section provider)
    {
        if (provider.Text("name") is not "oidc")
            throw new KubeConfigException($"{provider.File}: auth-provider {provider.Text("name")} is not supported, as in kubectl; use the exec plugin of its vendor.");
        return provider.Member("config")?.Text("id-token") ?? throw new KubeConfigException($"{provider.File}: auth-provider oidc must have an id-token.");
    }

    /// <summary>.NET joins the values of a header with commas, and an API server reads that as one group with a comma in its name.</summary>
    private static ImmutableArray<KeyValuePair<string, string>> CheckSendable(ImmutableArray<KeyValuePair<string, string>> headers, Section user) =>
        headers.GroupBy(header => header.Key).FirstOrDefault(same => same.Count() > 1) is { } several
            ? throw new KubeConfigException($"{user.File}: {several.Key} has several values ({string.Join(", ", several.Select(header => header.Value))}); only one can be sent. Keep one in as-groups and one in each as-user-extra.")
            : headers;

    /// <summary>The client must never drop impersonation, because it reduces permissions.</summary>
    private static IEnumerable<KeyValuePair<string, string>> ReadImpersonation(Section user)
    {
        if (user.Text("as") is { } name)
            yield return new("Impersonate-User", name);
        if (user.Text("as-uid") is { } uid)
            yield return new("Impersonate-Uid", uid);
        foreach (var group in user.Texts("as-groups"))
            yield return new("Impersonate-Group", group);
        foreach (var (key, values) in user.Member("as-user-extra")?.TextLists() ?? [])
        {
            foreach (var value in values)
                yield return new($"Impersonate-Extra-{Uri.EscapeDataString(key)}", value);
        }
    }

    private static X509Certificate2? ReadCertificate(Section user)
    {
        if (user.Data("client-certificate") is not { } certificate || user.Data("client-key") is not { } key)
            return null;

        try
        {
            return X509Certificate2.CreateFromPem(certificate, key);
        }
        catch (CryptographicException error)
        {
            throw new KubeConfigException($"{user.File}: client-certificate: {error.Message}", error);
        }
    }

    private static ExecPlugin ReadPlugin(Section exec)
    {
        var command = exec.Text("command") ?? throw new KubeConfigException($"{exec.File}: exec must have a command.");
        return new(
            exec.Text("apiVersion") ?? "client.authentication.k8s.io/v1",
            command.Contains(Path.DirectorySeparatorChar, StringComparison.Ordinal) ? exec.Resolve(command) : command,
            exec.Texts("args"),
            [.. exec.List("env").Select(entry => KeyValuePair.Create(entry.Text("name") ?? "", entry.Text("value") ?? ""))],
            exec.Text("installHint"));
    }

    /// <summary>A map in a file.</summary>
    private sealed record Section(string File, YamlMappingNode? Node)
    {
        public static Section Empty { get; } = new("", null);

        public string? Text(string name) => Child(name) is YamlScalarNode { Value: { Length: > 0 } text } ? text : null;

        public Section? Member(string name) => Child(name) is YamlMappingNode map ? new(File, map) : null;

        public IEnumerable<Section> List(string name) => Child(name) is YamlSequenceNode list ? list.Children.OfType<YamlMappingNode>().Select(item => new Section(File, item)) : [];

        public ImmutableArray<string> Texts(string name) => Child(name) is YamlSequenceNode list ? [.. list.Children.OfType<YamlScalarNode>().Select(item => item.Value ?? "")] : [];

        public IEnumerable<(string Key, ImmutableArray<string> Values)> TextLists() =>
            (Node?.Children.Keys ?? []).OfType<YamlScalarNode>().Select(key => (key.Value ?? "", Texts(key.Value ?? "")));

        public string Resolve(string path) => Path.Combine(Path.GetDirectoryName(Path.GetFullPath(File)) ?? "", path);

        /// <summary>The value of <c>name-data</c>, or the content of the file that <c>name</c> names.</summary>
        public string? Data(string name)
        {
            try
            {
                return Text($"{name}-data") is { } data ? System.Text.Encoding.UTF8.GetString(Convert.FromBase64String(data))
                    : Text(name) is { } path ? RegularFile.ReadText(Resolve(path))
                    : null;
            }
            catch (Exception error) when (error is IOException or UnauthorizedAccessException or FormatException)
            {
                throw new KubeConfigException($"{File}: {name}: {error.Message}", error);
            }
        }

        private YamlNode? Child(string name) => Node is not null && Node.Children.TryGetValue(name, out var child) ? child : null;
    }
}

/// <summary>A kubeconfig is invalid.</summary>
public sealed class KubeConfigException : Exception
{
    /// <summary>Creates the exception with the file and the reason.</summary>
    public KubeConfigException(string message, Exception? inner = null)
        : base(message, inner)
    {
    }
}
