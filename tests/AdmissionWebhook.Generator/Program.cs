using AdmissionWebhook.Generator;
using AdmissionWebhook.TestSupport;

// Writes whatever is generated; a test fails while it differs from what is checked in.
foreach (var (file, text) in GeneratedFiles.All())
{
    var path = Repository.PathOf(file.Split('/'));
    if (File.Exists(path) && File.ReadAllText(path) == text)
        continue;

    Directory.CreateDirectory(Path.GetDirectoryName(path)!);
    File.WriteAllText(path, text);
    Console.WriteLine(file);
}
