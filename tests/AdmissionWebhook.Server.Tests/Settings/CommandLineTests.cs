using System.Text.RegularExpressions;
using AdmissionWebhook.Server.Settings;
using AdmissionWebhook.TestSupport;
using Microsoft.Extensions.Configuration;

namespace AdmissionWebhook.Server.Tests.Settings;

public sealed partial class CommandLineTests
{
    [Theory]
    [InlineData("--hlep", "--hlep: is not an option; did you mean --help?")]
    [InlineData("serve", "serve: is not an option; write a setting as --Webhook:Port=8443.")]
    [InlineData("Webhook:Port=1", "Webhook:Port=1: is not an option; write a setting as --Webhook:Port=8443.")]
    [InlineData("-p", "-p: is not an option; write a setting as --Webhook:Port=8443.")]
    [InlineData("--Webhook:Port", "--Webhook:Port: a value is required; write --Webhook:Port=…")]
    [InlineData("--Webhook:Port --Audit:Stdout=true", "--Webhook:Port: a value is required; write --Webhook:Port=…")]
    public void Rejects_an_argument_that_is_not_a_setting(string args, string expected) =>
        Assert.Equal([expected], Assert.Throws<StartRefusedException>(() => ServerSettings.Read(args.Split(' '), inCluster: false)).Mistakes);

    [Fact]
    public void Accepts_a_value_as_the_next_argument() =>
        Assert.Equal(9443, ServerSettings.Read(["--Webhook:Port", "9443", "--Operations:Port=1"], inCluster: false).Webhook.Port);

    [Theory]
    [InlineData("--help")]
    [InlineData("-h")]
    [InlineData("--Webhook:Port=1 --help")]
    public void Prints_help_for_a_help_option_at_any_position(string args) => Assert.True(CommandLine.AsksForHelp(args.Split(' ')));

    [Fact]
    public void Help_lists_every_setting_and_no_other()
    {
        var written = Usage.Settings.Select(setting => KeyValuePair.Create(setting.Key, (string?)"?")).Append(new("Nothing", "?"));

        var refused = Assert.Throws<StartRefusedException>(() => ServerSettings.Read(new ConfigurationBuilder().AddInMemoryCollection(written).Build(), inCluster: false));

        Assert.Equal(["Nothing: is not a setting."], refused.Mistakes.Where(mistake => mistake.Contains("not a setting", StringComparison.Ordinal)));
        Assert.All(Known, key => Assert.Contains(key, Usage.Settings.Select(setting => setting.Key)));
    }

    /// <summary>Console:Port is kept for a page that does not exist yet.</summary>
    [Fact]
    public void The_page_of_settings_has_one_line_for_each_setting()
    {
        var documented =
            from line in File.ReadLines(Repository.PathOf("docs", "settings.md"))
            let setting = Setting().Match(line)
            where setting.Success
            select setting.Groups[1].Value;

        Assert.Equal(Usage.Settings.Select(setting => setting.Key).Where(key => key is not "Console:Port").Order(), documented.Order());
    }

    [GeneratedRegex("^\\| `([A-Za-z0-9]+:[A-Za-z0-9:]*?)(?::0)?`")]
    private static partial Regex Setting();

    /// <summary>What is asked for when nothing is written.</summary>
    private static IEnumerable<string> Known
    {
        get
        {
            var asked = new AskedSettings();
            ServerSettings.Read(asked, inCluster: false);
            return asked.Keys.Where(key => key.Contains(':'));
        }
    }

    private sealed class AskedSettings : IConfiguration
    {
        private readonly IConfiguration _nothing = new ConfigurationBuilder().Build();

        public List<string> Keys { get; } = [];

        public string? this[string key]
        {
            get
            {
                Keys.Add(key);
                return null;
            }

            set => throw new NotSupportedException();
        }

        public IEnumerable<IConfigurationSection> GetChildren() => _nothing.GetChildren();

        public Microsoft.Extensions.Primitives.IChangeToken GetReloadToken() => _nothing.GetReloadToken();

        public IConfigurationSection GetSection(string key) => _nothing.GetSection(key);
    }
}
