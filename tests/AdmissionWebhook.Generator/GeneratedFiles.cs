using AdmissionWebhook.TestSupport;

namespace AdmissionWebhook.Generator;

/// <summary>Everything that is generated and not typed.</summary>
public static class GeneratedFiles
{
    /// <summary>Each file, by its path in the repository, and what it should hold.</summary>
    public static IEnumerable<(string File, string Text)> All()
    {
        foreach (var file in Registration.Files)
            yield return (file, Region.Fill(File.ReadAllText(Repository.PathOf(file.Split('/'))), Registration.Regions));
    }
}
