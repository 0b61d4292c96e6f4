using System.Globalization;
using System.Net;
using System.Text.Json;
using System.Text.RegularExpressions;
using AdmissionWebhook.Policy.Controllers;
using AdmissionWebhook.Policy.Values;

namespace AdmissionWebhook.Policy.Configuration;

/// <summary>Reads a value of a policy. Adds every error to <paramref name="errors"/>; the result is then meaningless.</summary>
public delegate T ValueReader<out T>(JsonElement value, FieldPath at, ICollection<PolicyError> errors);

/// <summary>Readers for the values in policies and exemptions.</summary>
internal static partial class ValueReaders
{
    /// <summary>The format of <see cref="Instant"/>.</summary>
    public const string InstantForm = "[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}([.][0-9]{1,9})?(Z|[+-][0-9]{2}:[0-9]{2})";

    /// <summary>The format of <see cref="Duration"/>.</summary>
    public const string DurationForm = "[1-9][0-9]{0,4}[dhm]";

    public static bool Flag(JsonElement value, FieldPath at, ICollection<PolicyError> errors)
    {
        if (value.ValueKind is JsonValueKind.True or JsonValueKind.False)
            return value.GetBoolean();

        errors.Add(PolicyError.WrongType(at, "true or false", value));
        return false;
    }

    public static TEnum Choice<TEnum>(JsonElement value, FieldPath at, ICollection<PolicyError> errors) where TEnum : struct, Enum
    {
        if (value.ValueKind == JsonValueKind.String && Enum.GetNames<TEnum>().Contains(value.GetString()))
            return Enum.Parse<TEnum>(value.GetString()!);

        errors.Add(PolicyError.NoSuchValue(at, value, Enum.GetNames<TEnum>()));
        return default;
    }

    public static int Number(JsonElement value, FieldPath at, ICollection<PolicyError> errors)
    {
        if (value.ValueKind == JsonValueKind.Number && value.TryGetInt32(out var number) && number >= 0)
            return number;

        errors.Add(PolicyError.WrongType(at, "a whole number, zero or more", value));
        return 0;
    }

    public static int NumberUpTo(int most, JsonElement value, FieldPath at, ICollection<PolicyError> errors)
    {
        var number = Number(value, at, errors);
        if (number > most)
            errors.Add(new(at, $"must be at most {most}, found {number}"));
        return number;
    }

    public static ImmutableArray<PortRange> Ports(JsonElement value, FieldPath at, ICollection<PolicyError> errors) => List(value, at, errors, (item, place, mistakes) =>
    {
        if (item.ValueKind == JsonValueKind.String && PortRange.Read(item.GetString()!) is { } range)
            return range;

        mistakes.Add(PolicyError.WrongType(place, "a port or a range of ports in quotes, like \"443\" or \"8000-8999\"", item));
        return default;
    });

    public static string Text(JsonElement value, FieldPath at, ICollection<PolicyError> errors)
    {
        if (value.ValueKind == JsonValueKind.String && value.GetString() is { Length: > 0 } text)
            return text;

        errors.Add(PolicyError.WrongType(at, "a non-empty string", value));
        return "";
    }

    public static ImmutableArray<string> TextList(JsonElement value, FieldPath at, ICollection<PolicyError> errors) => List(value, at, errors, Text);

    public static ImmutableArray<KeyValuePair<string, string>> TextMap(JsonElement value, FieldPath at, ICollection<PolicyError> errors) =>
        [.. new Members(value, at, errors).All.Select(entry => KeyValuePair.Create(entry.Name, Text(entry.Value, at / entry.Name, errors)))];

    /// <summary>A known controller, by id.</summary>
    public static IngressController? Controller(JsonElement value, FieldPath at, ICollection<PolicyError> errors)
    {
        var id = value.ValueKind == JsonValueKind.String ? value.GetString() : null;
        var known = IngressController.All.FirstOrDefault(controller => controller.Id == id);
        if (known is null)
            errors.Add(PolicyError.NoSuchValue(at, value, [.. IngressController.All.Select(controller => controller.Id)]));
        return known;
    }

    public static ImmutableArray<IPNetwork> Networks(JsonElement value, FieldPath at, ICollection<PolicyError> errors) =>
        List(value, at, errors, (item, place, mistakes) =>
        {
            var text = Text(item, place, mistakes);
            if (text.Length > 0 && IpAddresses.ReadNetwork(text) is { } network)
                return network;
            if (text.Length > 0)
                mistakes.Add(new(place, $"\"{text}\" must be an IP address, or a CIDR with all host bits zero"));
            return default;
        });

    public static ImmutableArray<T> List<T>(JsonElement value, FieldPath at, ICollection<PolicyError> errors, ValueReader<T> readItem)
    {
        if (value.ValueKind == JsonValueKind.Array)
            return [.. value.EnumerateArray().Select((item, index) => readItem(item, at / index, errors))];

        errors.Add(PolicyError.WrongType(at, "a list", value));
        return [];
    }

    public static ValueReader<ByNamespace<T>> ByNamespace<T>(ValueReader<T> readItem) => (value, at, errors) =>
        new([.. new Members(value, at, errors).All.Select(entry => KeyValuePair.Create(entry.Name, readItem(entry.Value, at / entry.Name, errors)))]);

    /// <summary>RFC 3339. The offset is required; otherwise the instant would depend on the local time zone.</summary>
    public static DateTimeOffset Instant(JsonElement value, FieldPath at, ICollection<PolicyError> errors)
    {
        if (value.ValueKind == JsonValueKind.String
            && HasInstantForm().IsMatch(value.GetString()!)
            && DateTimeOffset.TryParse(value.GetString(), CultureInfo.InvariantCulture, DateTimeStyles.None, out var instant))
        {
            return instant;
        }

        errors.Add(PolicyError.WrongType(at, "a time with an offset, like 2027-01-31T18:00:00Z or 2027-01-31T18:00:00+01:00", value));
        return default;
    }

    public static TimeSpan Duration(JsonElement value, FieldPath at, ICollection<PolicyError> errors)
    {
        if (value.ValueKind == JsonValueKind.String && HasDurationForm().IsMatch(value.GetString()!))
            return ParseDuration(value.GetString()!);

        errors.Add(PolicyError.WrongType(at, "a duration in days, hours or minutes, like 90d, 12h or 30m", value));
        return default;
    }

    /// <summary>Parses a valid duration.</summary>
    public static TimeSpan ParseDuration(string text)
    {
        var count = int.Parse(text[..^1], CultureInfo.InvariantCulture);
        return text[^1] switch
        {
            'd' => TimeSpan.FromDays(count),
            'h' => TimeSpan.FromHours(count),
            _ => TimeSpan.FromMinutes(count),
        };
    }

    [GeneratedRegex($@"^{InstantForm}\z", RegexOptions.ExplicitCapture | RegexOptions.CultureInvariant)]
    private static partial Regex HasInstantForm();

    [GeneratedRegex($@"^{DurationForm}\z", RegexOptions.ExplicitCapture | RegexOptions.CultureInvariant)]
    private static partial Regex HasDurationForm();
}
