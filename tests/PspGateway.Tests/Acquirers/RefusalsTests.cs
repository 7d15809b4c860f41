using PspGateway.Acquirers.Adyen;
using PspGateway.Domain.Cards;
using PspGateway.Vipps.Wire;

namespace PspGateway.Tests.Acquirers;

public sealed class RefusalsTests
{
    // Vipps' error ids on the left, Adyen's refusal codes on the right.
    private static readonly Dictionary<int, int[]> Table = new()
    {
        [82] = [2, 3, 5, 10, 17, 18, 19, 23, 24, 25, 26, 27, 32, 33, 34, 35, 36, 37, 40, 41, 43, 44, 45, 46],
        [91] = [4, 7, 21],
        [86] = [6],
        [87] = [8],
        [85] = [9],
        [89] = [12],
        [83] = [14, 20, 22, 31],
        [72] = [15, 16],
        [84] = [28, 29],
        [94] = [11, 38, 39, 42],
    };

    public static TheoryData<int, int> Codes() => [.. Table.SelectMany(row => row.Value.Select(code => (code, row.Key)))];

    [Theory]
    [MemberData(nameof(Codes))]
    public void Each_code_becomes_its_error_id_and_is_known(int code, int errorId)
    {
        Assert.Equal(errorId, ErrorId($"{code}", null));
        Assert.True(Refusals.IsKnown($"{code}"));
    }

    [Fact]
    public void The_table_of_this_test_names_each_code_once() =>
        Assert.Equal(43, Table.Values.SelectMany(codes => codes).Distinct().Count());

    [Theory]
    [MemberData(nameof(Codes))]
    public void Only_authentication_required_is_a_soft_decline(int code, int errorId)
    {
        Assert.Equal(code == 38, Refusals.IsSoft($"{code}", null, CardScheme.Visa));
        Assert.Equal(code == 38, Refusals.IsSoft($"{code}", null, CardScheme.Mastercard));
        Assert.False(errorId == 82 && code == 38);
    }

    [Theory]
    [InlineData(null)]
    [InlineData("")]
    [InlineData("0")]
    [InlineData("1")]
    [InlineData("13")]
    [InlineData("30")]
    [InlineData("47")]
    [InlineData("999")]
    [InlineData("DECLINED")]
    public void A_code_that_nobody_knows_is_a_refusal_and_is_told_apart_for_the_log(string? code)
    {
        Assert.Equal(82, ErrorId(code, null));
        Assert.False(Refusals.IsKnown(code));
        Assert.False(Refusals.IsSoft(code, null, CardScheme.Mastercard));
    }

    [Theory]
    [InlineData("15", 81)]
    [InlineData("14", 87)]
    [InlineData("51", 89)]
    [InlineData("54", 86)]
    [InlineData("59", 83)]
    [InlineData("61", 84)]
    [InlineData("91", 85)]
    [InlineData("96", 91)]
    public void The_issuers_own_answer_wins_over_the_code(string raw, int errorId)
    {
        Assert.Equal(errorId, ErrorId("2", raw));
        Assert.Equal(errorId, ErrorId("38", $"{raw} : some words"));
        Assert.False(Refusals.IsSoft("38", raw, CardScheme.Visa));
    }

    [Theory]
    [InlineData("05 : Do not honor")]
    [InlineData("57")]
    [InlineData("")]
    [InlineData(" : ")]
    [InlineData(null)]
    public void An_issuers_answer_that_says_no_more_leaves_it_to_the_code(string? raw)
    {
        Assert.Equal(89, ErrorId("12", raw));
        Assert.True(Refusals.IsSoft("38", raw, CardScheme.Visa));
        Assert.False(Refusals.IsSoft("2", raw, CardScheme.Visa));
    }

    [Theory]
    [InlineData("1A", CardScheme.Visa, true)]
    [InlineData("1a : Additional authentication", CardScheme.Visa, true)]
    [InlineData("1A", CardScheme.Mastercard, true)]
    [InlineData("65", CardScheme.Mastercard, true)]
    [InlineData("65 : Exceeds frequency", CardScheme.Mastercard, true)]
    [InlineData("65", CardScheme.Visa, false)]
    public void The_issuer_may_ask_for_authentication_in_the_schemes_own_words(string raw, CardScheme scheme, bool soft) =>
        Assert.Equal(soft, Refusals.IsSoft("2", raw, scheme));

    [Fact]
    public void Visas_65_is_a_limit() => Assert.Equal(84, ErrorId("2", "65"));

    private static int ErrorId(string? code, string? raw) => VippsErrorId.Of(Refusals.ReasonOf(code, raw)).Id;
}
