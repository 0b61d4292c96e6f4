using System.Text;
using System.Text.Json;
using AdmissionWebhook.Policy.Reading;

namespace AdmissionWebhook.Policy.Manifests;

/// <summary>JSON objects one after another, as <c>jq</c> writes and kubectl reads them. YAML wants a mark between its documents.</summary>
internal static class JsonStream
{
    private static readonly JsonReaderOptions Options = new() { AllowMultipleValues = true, MaxDepth = ObjectReader.MaxDepth };

    /// <summary>The same as YAML, each value on the line on which it stands where it is the first one there; any other text as it is.</summary>
    public static string ToYaml(string text)
    {
        if (!text.AsSpan().TrimStart().StartsWith('{'))
            return text;

        var json = Encoding.UTF8.GetBytes(text);
        if (StartsOf(json) is not [_, .. var later])
            return text;

        var yaml = new StringBuilder(text.Length);
        var end = 0;
        foreach (var start in later)
        {
            var before = Encoding.UTF8.GetString(json.AsSpan(end, start - end)).TrimEnd(' ', '\t');
            yaml.Append(before).Append(before.EndsWith('\n') ? "" : "\n").Append("--- ");
            end = start;
        }

        return yaml.Append(Encoding.UTF8.GetString(json.AsSpan(end))).ToString();
    }

    /// <summary>Where each value begins; none where it is not JSON from beginning to end.</summary>
    private static List<int> StartsOf(byte[] json)
    {
        var starts = new List<int>();
        var reader = new Utf8JsonReader(json, Options);
        try
        {
            while (reader.Read())
            {
                starts.Add((int)reader.TokenStartIndex);
                reader.Skip();
            }
        }
        catch (JsonException)
        {
            return [];
        }

        return starts;
    }
}
