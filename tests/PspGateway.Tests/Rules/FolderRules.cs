using Mono.Cecil;

namespace PspGateway.Tests.Rules;

/// <summary>Which folder may use which. A folder not named is allowed nothing but itself.</summary>
internal sealed class FolderRules(IReadOnlyDictionary<string, string[]> mayUse)
{
    public const string Root = "(root)";
    private const string FirstByteFeature = "PspGateway.IFirstByteFeature";
    private const string FieldSealer = "PspGateway.Vault.FieldSealer";
    private static readonly string[] Doors = ["Merchants", "Vipps", "Acquirers", "Customers", "Operators"];
    private static readonly string[] MaySealFields = ["Merchants", "Vipps"];

    public static FolderRules Ours { get; } = new(new Dictionary<string, string[]>(StringComparer.Ordinal)
    {
        [Root] = ["Domain", "Storage", "Vault", "Payments", .. Doors],
        ["Domain"] = [],
        ["Storage"] = ["Domain"],
        ["Vault"] = ["Storage", "Domain"],
        ["Payments"] = ["Vault", "Storage", "Domain"],
        ["Merchants"] = ["Payments", "Storage", "Domain"],
        ["Vipps"] = ["Payments", "Storage", "Domain"],
        ["Acquirers"] = ["Payments", "Storage", "Domain"],
        ["Customers"] = ["Payments", "Storage", "Domain"],
        ["Operators"] = ["Payments", "Storage", "Domain"],
    });

    public IReadOnlyCollection<string> Folders => [.. mayUse.Keys];

    public FolderRules With(string folder, params string[] uses) => new(new Dictionary<string, string[]>(mayUse, StringComparer.Ordinal) { [folder] = uses });

    public IReadOnlyList<string> Breaches(IEnumerable<Use> uses) => [.. uses.Where(use => !IsAllowed(use.By, use.Of)).Select(use => use.ToString()).Distinct(StringComparer.Ordinal)];

    public static string FolderOf(TypeReference type) => type.Namespace.Split('.') is ["PspGateway", var folder, ..] ? folder : Root;

    private bool IsAllowed(TypeReference by, TypeReference of)
    {
        // A door's wire types are its own: of Acquirers/Adyen/Wire, the door is Acquirers/Adyen.
        if (WireDoorOf(of) is { } door && !(by.Namespace + ".").StartsWith(door + ".", StringComparison.Ordinal))
        {
            return false;
        }

        var (from, to) = (FolderOf(by), FolderOf(of));
        return from == to
            || mayUse.GetValueOrDefault(from, []).Contains(to)
            || (of.FullName == FirstByteFeature && Doors.Contains(from))
            || (of.FullName == FieldSealer && MaySealFields.Contains(from));
    }

    private static string? WireDoorOf(TypeReference type)
    {
        var at = $"{type.Namespace}.".IndexOf(".Wire.", StringComparison.Ordinal);
        return at < 0 ? null : type.Namespace[..at];
    }
}
