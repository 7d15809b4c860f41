using Mono.Cecil;
using Mono.Cecil.Cil;
using PspGateway.ProofTests.World;

namespace PspGateway.ProofTests.Failpoints;

/// <summary>What is shipped has no failpoints and no planted bugs in it; what the proofs run has all of them.</summary>
public sealed class FailpointBuildTests
{
    private static readonly string[] TestOnly = ["PspGateway.Failpoint", "PspGateway.PlantedBug", "PspGateway.ShiftedClock"];

    private static readonly string[] Traces = ["FAILPOINTS_PORT", "PLANTED_BUG", "CLOCK_OFFSET", .. FailpointCatalogue.Names, .. PlantedBugs.Names];

    [Fact]
    public void The_release_assembly_has_no_failpoint_in_it()
    {
        using var release = AssemblyDefinition.ReadAssembly(Programs.ReleaseGateway);

        Assert.Empty(StringsOf(release).Intersect(Traces));
        Assert.Empty(CallsOf(release));
        Assert.All(
            release.MainModule.Types.Where(t => TestOnly.Contains(t.FullName)),
            type => Assert.True(type.Fields.Count == 0 && type.NestedTypes.Count == 0 && type.Methods.All(m => m.Body.Instructions.All(i => i.OpCode == OpCodes.Ret || i.OpCode == OpCodes.Nop)), $"{type.FullName} does something."));
        Assert.DoesNotContain(release.MainModule.Types, t => t.Name == "FailpointException" || (t.Name == "<Module>" && t.Methods.Any(m => m.Name == ".cctor")));
    }

    /// <summary>The control: the same look at the other build finds them.</summary>
    [Fact]
    public void The_failpoints_build_has_them_all()
    {
        using var build = AssemblyDefinition.ReadAssembly(Programs.FailpointsGateway);

        Assert.Empty(Traces.Except(StringsOf(build)));
        Assert.InRange(CallsOf(build).Count, 25, 1000);
        Assert.Contains(build.MainModule.Types, t => t.Name == "FailpointException");
    }

    /// <summary>A failpoint that the sweep does not know would never be tried.</summary>
    [Fact]
    public void The_sweep_knows_every_failpoint()
    {
        using var build = AssemblyDefinition.ReadAssembly(Programs.FailpointsGateway);
        var named = StringsOf(build).Where(s => s.Split('.') is [{ Length: > 0 } place, var moment] && place.All(c => char.IsAsciiLetterLower(c) || c == '-') && (moment.StartsWith("before-", StringComparison.Ordinal) || moment.StartsWith("after-", StringComparison.Ordinal) || place == "callback"));

        Assert.Equal(named.Order(StringComparer.Ordinal), FailpointCatalogue.Names.Order(StringComparer.Ordinal));
        Assert.InRange(FailpointCatalogue.Names.Count, 25, 1000);
    }

    /// <summary>A bug in a statement that has been reworded since would change nothing, and prove nothing.</summary>
    [Fact]
    public void Every_statement_that_a_planted_bug_changes_is_there_still()
    {
        using var build = AssemblyDefinition.ReadAssembly(Programs.FailpointsGateway);
        var planter = build.MainModule.Types.Single(t => t.FullName == "PspGateway.PlantedBug").Methods.Single(m => m.Name == "InStatement");
        var statements = StringsOf(build).Where(s => s.Length > 300).ToList();

        Assert.All(Replaced(planter), text => Assert.Contains(statements, s => s.Contains(text, StringComparison.Ordinal)));
    }

    /// <summary>The text that each replacement looks for.</summary>
    private static IEnumerable<string> Replaced(MethodDefinition method)
    {
        var loaded = new List<string>();
        foreach (var i in method.Body.Instructions)
        {
            if (i.OpCode == OpCodes.Ldstr)
            {
                loaded.Add((string)i.Operand);
            }
            else if (i.Operand is MethodReference { Name: "Replace" })
            {
                yield return loaded.Except(PlantedBugs.Names).First();
                loaded.Clear();
            }
        }
    }

    private static List<string> StringsOf(AssemblyDefinition assembly) => [.. Bodies(assembly).Where(i => i.OpCode == OpCodes.Ldstr).Select(i => (string)i.Operand).Distinct(StringComparer.Ordinal)];

    private static List<string> CallsOf(AssemblyDefinition assembly) => [.. Bodies(assembly).Select(i => i.Operand).OfType<MethodReference>().Where(m => TestOnly.Contains(m.DeclaringType.FullName)).Select(m => m.Name)];

    private static IEnumerable<Instruction> Bodies(AssemblyDefinition assembly) => assembly.MainModule.GetTypes().SelectMany(t => t.Methods).Where(m => m.HasBody).SelectMany(m => m.Body.Instructions);
}
