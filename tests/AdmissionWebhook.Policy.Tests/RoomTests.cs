using System.Text.RegularExpressions;
using AdmissionWebhook.TestSupport;

namespace AdmissionWebhook.Policy.Tests;

/// <summary>The folders of the policy project, from the bottom up. A file uses those below its own, by the compiler's rule that it says so.</summary>
public sealed partial class RoomTests
{
    private static readonly string[][] Layers = [["Values"], ["Reading"], ["Controllers"], ["Kinds"], ["Manifests", "State"], ["Routing"], ["Evaluation", "Configuration", "Rules"]];

    public static TheoryData<string> Rooms => [.. Directory.GetDirectories(Root).Select(folder => Path.GetFileName(folder))];

    private static string Root => Repository.PathOf("src", "AdmissionWebhook.Policy");

    [Theory, MemberData(nameof(Rooms))]
    public void A_folder_uses_only_folders_below_it(string room)
    {
        Assert.Contains(room, Layers.SelectMany(layer => layer));
        var below = Layers.TakeWhile(layer => !layer.Contains(room)).SelectMany(layer => layer);
        var allowed = Layers[^1].Contains(room) ? [.. below, .. Layers[^1]] : below.Append(room);

        var used =
            from file in Directory.EnumerateFiles(Path.Combine(Root, room), "*.cs", SearchOption.AllDirectories)
            from match in Used().Matches(File.ReadAllText(file))
            select match.Groups[1].Value;

        Assert.Empty(used.Except(allowed, StringComparer.Ordinal));
    }

    [Theory, MemberData(nameof(Rooms))]
    public void The_namespace_of_a_file_is_its_folder(string room) => Assert.All(
        Directory.EnumerateFiles(Path.Combine(Root, room), "*.cs", SearchOption.AllDirectories),
        file => Assert.Contains($"\nnamespace AdmissionWebhook.Policy.{Path.GetRelativePath(Root, Path.GetDirectoryName(file)!).Replace('/', '.')};\n", $"\n{File.ReadAllText(file)}", StringComparison.Ordinal));

    /// <summary>A namespace below Policy that is opened, or named on the way to a type.</summary>
    [GeneratedRegex(@"(?<!namespace )\bAdmissionWebhook\.Policy\.(\w+)")]
    private static partial Regex Used();
}
