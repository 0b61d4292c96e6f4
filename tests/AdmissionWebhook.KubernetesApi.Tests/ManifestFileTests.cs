namespace AdmissionWebhook.KubernetesApi.Tests;

public sealed class ManifestFileTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory().FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void Finds_all_files_below_a_folder_in_the_order_of_names()
    {
        Write("b.yaml", "b");
        Write("a.YML", "a");
        Write("sub/c.json", "c");
        Write("README.md", "no manifest");

        var files = ManifestFile.Find(_folder);

        Assert.Equal(["a.YML", "b.yaml", Path.Combine("sub", "c.json")], files.Select(file => Path.GetRelativePath(_folder, file)));
    }

    [Fact]
    public void Follows_links_to_files_but_not_to_folders()
    {
        Write("sub/a.yaml", "a");
        File.CreateSymbolicLink(Path.Combine(_folder, "b.yaml"), Path.Combine("sub", "a.yaml"));
        Directory.CreateSymbolicLink(Path.Combine(_folder, "loop"), ".");
        Directory.CreateSymbolicLink(Path.Combine(_folder, "sub", "back"), "..");

        var files = ManifestFile.Find(_folder);

        Assert.Equal(["b.yaml", Path.Combine("sub", "a.yaml")], files.Select(file => Path.GetRelativePath(_folder, file)));
    }

    [Fact]
    public void Reads_a_folder_that_is_a_link()
    {
        Write("sub/a.yaml", "a");
        Directory.CreateSymbolicLink(Path.Combine(_folder, "link"), "sub");

        Assert.Equal([Path.Combine(_folder, "link", "a.yaml")], ManifestFile.Find(Path.Combine(_folder, "link")));
    }

    [Fact]
    public void Reads_a_named_file_with_any_extension()
    {
        Write("manifest.txt", "text");

        var file = Assert.Single(ManifestFile.Find(Path.Combine(_folder, "manifest.txt")));

        Assert.Equal(new(file, "text"), ManifestFile.Read(file, TextReader.Null));
    }

    [Fact]
    public void A_dash_is_standard_input() =>
        Assert.Equal(new("-", "piped"), ManifestFile.Read(Assert.Single(ManifestFile.Find("-")), new StringReader("piped")));

    [Fact]
    public async Task Reads_nothing_from_an_endless_kernel_file()
    {
        Assert.SkipUnless(File.Exists("/proc/kmsg"), "/proc/kmsg does not exist.");
        File.CreateSymbolicLink(Path.Combine(_folder, "a.yaml"), "/proc/kmsg");

        var reading = Task.Run(() => ManifestFile.Read(Path.Combine(_folder, "a.yaml"), TextReader.Null));

        Assert.Equal("", (await reading.WaitAsync(TimeSpan.FromSeconds(10))).Text);
    }

    [Fact]
    public void An_empty_file_and_the_null_device_are_empty()
    {
        Write("empty.yaml", "");

        Assert.Equal("", ManifestFile.Read(Path.Combine(_folder, "empty.yaml"), TextReader.Null).Text);
        Assert.Equal("", ManifestFile.Read("/dev/null", TextReader.Null).Text);
    }

    [Theory]
    [InlineData("/dev/zero")]
    [InlineData("/dev/random")]
    public void Rejects_a_device_and_a_link_to_it(string device)
    {
        var link = Path.Combine(_folder, "link.yaml");
        File.CreateSymbolicLink(link, device);

        Assert.All([device, link], path =>
            Assert.StartsWith("It must be a regular file", Assert.Throws<IOException>(() => ManifestFile.Read(path, TextReader.Null)).Message, StringComparison.Ordinal));
    }

    [Fact]
    public void Rejects_a_file_and_standard_input_above_64_MiB()
    {
        var path = Path.Combine(_folder, "sparse.yaml");
        using (var sparse = File.Create(path))
            sparse.SetLength(RegularFile.MostBytes + 1);

        Assert.Equal("The file has 67108865 bytes; the limit is 64 MiB. Split it.", Assert.Throws<IOException>(() => ManifestFile.Read(path, TextReader.Null)).Message);
        using var reader = new StreamReader(path);
        Assert.Throws<IOException>(() => ManifestFile.Read("-", reader));
    }

    [Fact]
    public void Fails_for_a_path_that_does_not_exist() =>
        Assert.ThrowsAny<IOException>(() => ManifestFile.Read(Assert.Single(ManifestFile.Find(Path.Combine(_folder, "nothing"))), TextReader.Null));

    private void Write(string name, string text)
    {
        var path = Path.Combine(_folder, name);
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        File.WriteAllText(path, text);
    }
}
