using AdmissionWebhook.Policy.Configuration.Schemas;
using AdmissionWebhook.Policy.Manifests;
using AdmissionWebhook.Policy.Rules;
using AdmissionWebhook.TestSupport;

namespace AdmissionWebhook.Generator;

/// <summary>Everything that is generated and not typed.</summary>
public static class GeneratedFiles
{
    /// <summary>Each file, by its path in the repository, and what it should hold.</summary>
    public static IEnumerable<(string File, string Text)> All()
    {
        foreach (var file in Registration.Files)
            yield return (file, Region.Fill(Read(file), Registration.Regions));

        foreach (var (preset, levelOf) in Presets.Levels)
        {
            var text = Presets.Complete(preset, levelOf);
            yield return ($"config/policies/{preset}.yaml", text);
            yield return ($"charts/admission-webhook/policies/{preset}.yaml", text);
        }

        foreach (var rule in RuleCatalog.All)
            yield return ($"docs/rules/{rule.Id}.md", RuleDocumentation.Page(rule));
        yield return ("docs/rules/README.md", RuleDocumentation.Index(Presets.Read("organisation")));
        yield return ("docs/catalogue.md", CatalogueTable.Text());

        foreach (var resource in CustomResource.All)
        {
            yield return ($"config/crd/{resource.Plural}.yaml", JsonYaml.Write(resource.Definition));
            yield return ($"charts/admission-webhook/crds/{resource.Plural}.yaml", JsonYaml.Write(resource.Definition));
        }
    }

    private static string Read(string file) => File.ReadAllText(Repository.PathOf(file.Split('/')));
}
