using System.Collections.Concurrent;
using System.Text;

namespace PspGateway.Payments.Telemetry;

/// <summary>Names of our own types and enums as labels: SoftDeclined is soft_declined. Each is made once.</summary>
internal static class LabelWords
{
    private static readonly ConcurrentDictionary<Type, string> Types = new();

    /// <summary>The word for a case of a closed family of outcomes.</summary>
    public static string Of(Type outcome) => Types.GetOrAdd(outcome, type => Of(type.Name));

    public static string Of<TEnum>(TEnum value)
        where TEnum : struct, Enum => Enums<TEnum>.Words.GetValueOrDefault(value, "other");

    public static string Of(string pascalCase)
    {
        var word = new StringBuilder(pascalCase.Length + 4);
        foreach (var letter in pascalCase)
        {
            if (char.IsAsciiLetterUpper(letter) && word.Length > 0)
            {
                word.Append('_');
            }

            word.Append(char.ToLowerInvariant(letter));
        }

        return word.ToString();
    }

    private static class Enums<TEnum>
        where TEnum : struct, Enum
    {
        public static readonly Dictionary<TEnum, string> Words = Enum.GetValues<TEnum>().ToDictionary(value => value, value => Of(value.ToString()));
    }
}
