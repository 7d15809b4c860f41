namespace PspGateway.Simulator.Shop;

/// <summary>What somebody wants to buy. It lives in the address of the page ("bread.2-jam.1"): no cookie, no script.</summary>
internal sealed class Basket
{
    private const int MostOfOne = 9;

    /// <summary>Vipps: paymentText, at most 100 characters.</summary>
    private const int LongestText = 100;

    private readonly SortedDictionary<string, int> _wanted;

    private Basket(SortedDictionary<string, int> wanted) => _wanted = wanted;

    public IReadOnlyList<(Good Good, int Count)> Lines => [.. Goods.All.Where(good => _wanted.ContainsKey(good.Key)).Select(good => (good, _wanted[good.Key]))];

    public bool IsEmpty => _wanted.Count == 0;

    public int Count => _wanted.Values.Sum();

    public long Total => Lines.Sum(line => line.Good.Price * line.Count);

    public string Text
    {
        get
        {
            var text = string.Join(", ", Lines.Select(line => line.Count == 1 ? line.Good.Name : $"{line.Count} × {line.Good.Name}"));
            return text.Length <= LongestText ? text : text[..(LongestText - 2)] + " …";
        }
    }

    /// <summary>Whatever is not known is not in it.</summary>
    public static Basket Parse(string? text)
    {
        var wanted = new SortedDictionary<string, int>(StringComparer.Ordinal);
        foreach (var part in (text ?? "").Split('-').Take(Goods.All.Count))
        {
            if (part.Split('.') is [var key, var count] && Goods.All.Any(good => good.Key == key) && int.TryParse(count, out var number) && number is > 0 and <= MostOfOne)
            {
                wanted[key] = number;
            }
        }

        return new Basket(wanted);
    }

    public Basket With(Good good, int more)
    {
        var count = Math.Clamp(_wanted.GetValueOrDefault(good.Key) + more, 0, MostOfOne);
        var wanted = new SortedDictionary<string, int>(_wanted, StringComparer.Ordinal) { [good.Key] = count };
        if (count == 0)
        {
            wanted.Remove(good.Key);
        }

        return new Basket(wanted);
    }

    public override string ToString() => string.Join('-', _wanted.Select(line => $"{line.Key}.{line.Value}"));
}
