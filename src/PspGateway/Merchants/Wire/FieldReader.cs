using System.Text.Json;

namespace PspGateway.Merchants.Wire;

/// <summary>A field of a merchant's request is wrong.</summary>
internal sealed class InvalidFieldException(string field, string reason) : Exception($"{field}: {reason}")
{
    public string Field { get; } = field;

    public string Reason { get; } = reason;
}

/// <summary>Reads the members of one JSON object by their full names ("amount.value"), and says which is wrong.</summary>
internal readonly struct FieldReader(JsonElement element)
{
    private readonly JsonElement _element = element.ValueKind == JsonValueKind.Object ? element : throw new JsonException("Not an object.");

    public string RawText => _element.GetRawText();

    public static void Check(bool valid, string field, string reason)
    {
        if (!valid)
        {
            throw new InvalidFieldException(field, reason);
        }
    }

    public FieldReader Object(string field) => OptionalObject(field) ?? throw new InvalidFieldException(field, "is required");

    public FieldReader? OptionalObject(string field)
    {
        if (Find(field) is not { } value)
        {
            return null;
        }

        Check(value.ValueKind == JsonValueKind.Object, field, "must be an object");
        return new FieldReader(value);
    }

    public string Required(string field) => Text(field, 1, 200) ?? throw new InvalidFieldException(field, "is required");

    public string? Text(string field, int least, int most)
    {
        if (Find(field) is not { } value)
        {
            return null;
        }

        Check(value.ValueKind == JsonValueKind.String, field, "must be a string");
        var text = Unescape(value.GetString, field);
        Check(text.Length >= least && text.Length <= most, field, $"must have {least} to {most} characters");
        return text;
    }

    public long Integer(string field)
    {
        var value = Find(field) ?? throw new InvalidFieldException(field, "is required");
        return value.ValueKind == JsonValueKind.Number && value.TryGetInt64(out var number) ? number : throw new InvalidFieldException(field, "must be an integer");
    }

    public bool? Flag(string field)
    {
        if (Find(field) is not { } value)
        {
            return null;
        }

        return value.ValueKind is JsonValueKind.True or JsonValueKind.False ? value.GetBoolean() : throw new InvalidFieldException(field, "must be true or false");
    }

    /// <summary>A list of strings; empty where there is none.</summary>
    public IReadOnlyList<string> Texts(string field)
    {
        if (Find(field) is not { } value)
        {
            return [];
        }

        Check(value.ValueKind == JsonValueKind.Array && value.EnumerateArray().All(item => item.ValueKind == JsonValueKind.String), field, "must be a list of strings");
        return [.. value.EnumerateArray().Select(item => Unescape(item.GetString, field))];
    }

    public void Refuse(string field, string reason) => Check(Find(field) is null, field, reason);

    public IReadOnlyDictionary<string, string> Strings(string field, int maxKey, int maxValue)
    {
        var pairs = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var member in _element.EnumerateObject())
        {
            Check(member.Value.ValueKind == JsonValueKind.String, field, "must map strings to strings");
            var name = Unescape(() => member.Name, field);
            var value = Unescape(member.Value.GetString, field);
            Check(name.Length <= maxKey && value.Length <= maxValue, field, $"has keys of at most {maxKey} and values of at most {maxValue} characters");
            pairs[name] = value;
        }

        return pairs;
    }

    private JsonElement? Find(string field) => _element.TryGetProperty(field[(field.LastIndexOf('.') + 1)..], out var value) && value.ValueKind != JsonValueKind.Null ? value : null;

    private static string Unescape(Func<string?> read, string field)
    {
        try
        {
            return Clean(read() ?? "", field);
        }
        catch (InvalidOperationException)
        {
            throw new InvalidFieldException(field, "has half a character (a lone surrogate)");
        }
    }

    private static string Clean(string text, string field)
    {
        Check(!text.Any(c => char.IsControl(c) && c is not ('\n' or '\r' or '\t')), field, "has control characters");
        return text;
    }
}
