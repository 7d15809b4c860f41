using Mono.Cecil;

namespace PspGateway.Tests.Rules;

public sealed class FolderRulesTests : IDisposable
{
    private readonly ModuleDefinition _gateway = Read("PspGateway.dll");
    private readonly ModuleDefinition _domain = Read("PspGateway.Domain.dll");

    public void Dispose()
    {
        _gateway.Dispose();
        _domain.Dispose();
    }

    [Fact]
    public void Each_folder_uses_only_what_it_may()
    {
        var breaches = FolderRules.Ours.Breaches(Uses());

        Assert.True(breaches.Count == 0, string.Join('\n', breaches));
    }

    [Fact]
    public void Each_folder_has_its_rule() => Assert.Equal(
        FolderRules.Ours.Folders.Order(StringComparer.Ordinal),
        Uses().Select(use => FolderRules.FolderOf(use.By)).Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal));

    [Fact]
    public void Only_the_hall_opens_card_tokens()
    {
        var callers = UsedTypes.CallersOf(_gateway, "PspGateway.Vault.TokenVault", "OpenAsync");

        Assert.NotEmpty(callers);
        Assert.All(callers, caller => Assert.StartsWith("PspGateway.Payments.", caller, StringComparison.Ordinal));
    }

    [Fact]
    public void The_static_opening_is_the_vaults_own() =>
        Assert.Equal(["PspGateway.Vault.TokenVault"], UsedTypes.CallersOf(_gateway, "PspGateway.Vault.TokenVault", "Open"));

    [Fact]
    public void The_simulator_is_no_part_of_the_service()
    {
        var names = _gateway.AssemblyReferences.Concat(_domain.AssemblyReferences).Select(reference => reference.Name).ToList();

        Assert.DoesNotContain(names, name => name.Contains("Simulator", StringComparison.OrdinalIgnoreCase));
        Assert.Contains("PspGateway.Domain", names);
    }

    [Fact]
    public void The_domain_needs_nothing_but_the_runtime() =>
        Assert.All(_domain.AssemblyReferences, reference => Assert.StartsWith("System.", reference.Name, StringComparison.Ordinal));

    // The controls: rules that are broken on purpose must be found broken, each by another kind of use.
    [Theory]
    [InlineData("Payments", "PspGateway.Storage.IPaymentStore", "Vault", "Domain")]
    [InlineData("Payments", "PspGateway.Vault.TokenVault", "Storage", "Domain")]
    [InlineData("Storage", "PspGateway.Domain.Payments.Payment ")]
    [InlineData("Vipps", "PspGateway.Domain.Cards.CardToken ", "Payments", "Storage")]
    [InlineData("Acquirers", "PspGateway.Payments.IAcquirer", "Storage", "Domain")]
    [InlineData("(root)", "PspGateway.Vipps.VippsOptions", "Domain", "Storage", "Vault", "Payments", "Merchants", "Acquirers", "Customers", "Operators")]
    public void A_rule_that_forbids_what_is_done_finds_it(string folder, string found, params string[] uses) =>
        Assert.Contains(FolderRules.Ours.With(folder, uses).Breaches(Uses()), breach => breach.Contains(found, StringComparison.Ordinal));

    [Theory]
    [InlineData(nameof(Violators.ByField))]
    [InlineData(nameof(Violators.ByBase))]
    [InlineData(nameof(Violators.ByReturnType))]
    [InlineData(nameof(Violators.ByGenericArgument))]
    [InlineData(nameof(Violators.ByArray))]
    [InlineData(nameof(Violators.ByAttribute))]
    [InlineData(nameof(Violators.ByBody))]
    [InlineData(nameof(Violators.ByLambda))]
    [InlineData(nameof(Violators.ByAsync))]
    [InlineData(nameof(Violators.ByCatch))]
    [InlineData("ByConstraint")]
    public void Each_way_to_use_a_type_is_seen(string violator)
    {
        using var tests = Read("PspGateway.Tests.dll");
        var type = tests.GetType("PspGateway.Tests.Rules.Violators").NestedTypes.Single(t => t.Name.Split('`')[0] == violator);

        Assert.Contains(UsedTypes.ByFamily(type), of => of.FullName == typeof(Violators.ForbiddenException).FullName!.Replace('+', '/'));
    }

    private IEnumerable<Use> Uses() => UsedTypes.In(_gateway).Concat(UsedTypes.In(_domain));

    private static ModuleDefinition Read(string file) => ModuleDefinition.ReadModule(Path.Combine(AppContext.BaseDirectory, file));
}
