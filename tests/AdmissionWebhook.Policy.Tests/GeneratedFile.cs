namespace AdmissionWebhook.Policy.Tests;

/// <summary>Generated text is checked in; <c>UPDATE_DOCS=1 dotnet test</c> writes it anew.</summary>
public static class GeneratedFile
{
    private static bool IsUpdate => Environment.GetEnvironmentVariable("UPDATE_DOCS") == "1";

    public static void AssertCurrent(string file, string expected)
    {
        if (IsUpdate)
        {
            Directory.CreateDirectory(Path.GetDirectoryName(file)!);
            File.WriteAllText(file, expected);
        }

        Assert.Equal(expected, File.Exists(file) ? File.ReadAllText(file) : "");
    }
}
