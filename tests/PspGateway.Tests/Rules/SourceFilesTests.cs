namespace PspGateway.Tests.Rules;

public sealed class SourceFilesTests
{
    private const int MostLines = 300;
    private static readonly string[] Drawers = ["Common", "Helpers", "Utils", "Utilities", "Services", "Models", "Managers"];

    public static TheoryData<string> Sources() => [.. Repository.Sources];

    [Theory]
    [MemberData(nameof(Sources))]
    public void No_file_is_longer_than_one_idea_needs(string path) => Assert.InRange(Repository.Read(path).TrimEnd('\n').Split('\n').Length, 1, MostLines);

    [Theory]
    [MemberData(nameof(Sources))]
    public void A_namespace_is_the_folder_it_stands_in(string path)
    {
        var declared = Repository.Read(path).Split('\n').Where(line => line.StartsWith("namespace ", StringComparison.Ordinal)).ToList();

        if (path.EndsWith("/Program.cs", StringComparison.Ordinal))
        {
            Assert.Empty(declared);
            return;
        }

        Assert.Equal([$"namespace {NamespaceOf(path)};"], declared.Select(line => line.TrimEnd()));
    }

    [Fact]
    public void No_folder_is_a_drawer_for_everything() =>
        Assert.DoesNotContain(Repository.Sources.SelectMany(path => path.Split('/').SkipLast(1)), folder => Drawers.Contains(folder, StringComparer.OrdinalIgnoreCase));

    [Theory]
    [InlineData("PspGateway")]
    [InlineData("PspGateway.Domain")]
    [InlineData("PspGateway.Simulator")]
    public void The_files_of_every_project_are_looked_at(string project) =>
        Assert.InRange(Repository.Sources.Count(path => path.StartsWith($"src/{project}/", StringComparison.Ordinal)), 5, 5000);

    [Fact]
    public void The_simulator_is_a_stranger_to_our_code() =>
        Assert.DoesNotContain("ProjectReference", Repository.Read("src/PspGateway.Simulator/PspGateway.Simulator.csproj"), StringComparison.Ordinal);

    private static string NamespaceOf(string path) => string.Join('.', path.Split('/').Skip(1).SkipLast(1));
}
