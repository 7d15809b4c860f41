using PspGateway.Domain.Operations;

namespace PspGateway.Tests.Domain;

public sealed class OperationMovesTests
{
    private static readonly HashSet<string> Legal =
    [
        "Pending InFlight", "Pending Succeeded", "Pending Failed",
        "InFlight Pending", "InFlight Succeeded", "InFlight Failed", "InFlight Unknown",
        "Unknown InFlight", "Unknown Succeeded", "Unknown Failed",
    ];

    public static TheoryData<OperationStatus, OperationStatus> Pairs()
    {
        var pairs = new TheoryData<OperationStatus, OperationStatus>();
        foreach (var from in Enum.GetValues<OperationStatus>())
        {
            foreach (var to in Enum.GetValues<OperationStatus>())
            {
                pairs.Add(from, to);
            }
        }

        return pairs;
    }

    [Theory]
    [MemberData(nameof(Pairs))]
    public void Each_pair_of_statuses_is_legal_or_not_as_listed(OperationStatus from, OperationStatus to) =>
        Assert.Equal(Legal.Contains($"{from} {to}"), OperationMoves.IsLegal(from, to));

    [Theory]
    [MemberData(nameof(Pairs))]
    public void A_definite_status_changes_no_more(OperationStatus from, OperationStatus to) =>
        Assert.False(OperationMoves.IsDefinite(from) && OperationMoves.IsLegal(from, to));

    [Theory]
    [InlineData(OperationStatus.Pending, false)]
    [InlineData(OperationStatus.InFlight, false)]
    [InlineData(OperationStatus.Succeeded, true)]
    [InlineData(OperationStatus.Failed, true)]
    [InlineData(OperationStatus.Unknown, false)]
    public void Only_done_and_refused_are_definite(OperationStatus status, bool definite) => Assert.Equal(definite, OperationMoves.IsDefinite(status));
}
