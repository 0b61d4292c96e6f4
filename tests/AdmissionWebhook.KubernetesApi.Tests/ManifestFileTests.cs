namespace AdmissionWebhook.KubernetesApi.Tests;

public sealed class ManifestFileTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory().FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void A_folder_is_read_with_everything_below_it_in_the_order_of_names()
    {
        Write("b.yaml", "b");
        Write("a.YML", "a");
        Write("sub/c.json", "c");
        Write("README.md", "no manifest");

        var files = ManifestFile.ReadAll(_folder, TextReader.Null);

        Assert.Equal([("a.YML", "a"), ("b.yaml", "b"), (Path.Combine("sub", "c.json"), "c")], files.Select(file => (Path.GetRelativePath(_folder, file.Path), file.Text)));
    }

    [Fact]
    public void A_file_that_is_named_is_read_whatever_its_name()
    {
        Write("manifest.txt", "text");

        var file = Assert.Single(ManifestFile.ReadAll(Path.Combine(_folder, "manifest.txt"), TextReader.Null));

        Assert.Equal("text", file.Text);
    }

    [Fact]
    public void A_dash_is_standard_input() =>
        Assert.Equal(new ManifestFile("-", "piped"), Assert.Single(ManifestFile.ReadAll("-", new StringReader("piped"))));

    [Fact]
    public void A_path_where_nothing_is_fails() =>
        Assert.ThrowsAny<IOException>(() => ManifestFile.ReadAll(Path.Combine(_folder, "nothing"), TextReader.Null));

    private void Write(string name, string text)
    {
        var path = Path.Combine(_folder, name);
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        File.WriteAllText(path, text);
    }
}
