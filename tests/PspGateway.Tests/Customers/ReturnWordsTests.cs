using PspGateway.Customers;
using PspGateway.Domain.Payments;

namespace PspGateway.Tests.Customers;

public sealed class ReturnWordsTests
{
    [Theory]
    [InlineData("", "nb")]
    [InlineData("nb", "nb")]
    [InlineData("nb-NO", "nb")]
    [InlineData("no", "nb")]
    [InlineData("nn-NO,nn;q=0.9", "nb")]
    [InlineData("da", "nb")]
    [InlineData("sv-SE", "nb")]
    [InlineData("en", "en")]
    [InlineData("en-GB,en;q=0.9,nb;q=0.8", "en")]
    [InlineData("EN-us", "en")]
    [InlineData("de,en;q=0.5", "en")]
    [InlineData("de,nb;q=0.5,en;q=0.4", "nb")]
    [InlineData("en;q=0.4,nb;q=0.5", "nb")]
    [InlineData("nb;q=0.4,en;q=0.5", "en")]
    [InlineData("nb; q=0.4, en; q=0.5", "en")]
    [InlineData("nb;Q=0.4,en;q=0.5", "en")]
    [InlineData("de", "en")]
    [InlineData("*", "en")]
    [InlineData("nb;q=rubbish", "nb")]
    [InlineData(",;q=,,", "en")]
    public void The_page_speaks_what_the_browser_prefers(string acceptLanguage, string language) => Assert.Equal(language, ReturnWords.For(acceptLanguage).Language);

    [Theory]
    [InlineData("en")]
    [InlineData("nb")]
    public void Only_a_delivered_OK_is_called_approved(string language)
    {
        var words = ReturnWords.For(language);
        var approved = words.Of(PaymentState.Authorised);

        Assert.All(Enum.GetValues<PaymentState>().Where(s => s != PaymentState.Authorised), state => Assert.NotEqual(approved, words.Of(state)));
    }

    [Theory]
    [InlineData("en")]
    [InlineData("nb")]
    public void What_is_undecided_says_nothing_but_to_wait(string language)
    {
        var words = ReturnWords.For(language);
        PaymentState[] undecided = [PaymentState.Created, PaymentState.Initiated, PaymentState.Authorising, PaymentState.StepUp, PaymentState.Approved];
        var wait = words.Of(PaymentState.Created);

        Assert.All(Enum.GetValues<PaymentState>(), state => Assert.Equal(undecided.Contains(state), words.Of(state) == wait));
    }

    [Fact]
    public void Both_languages_have_words_of_their_own_for_each_state() => Assert.All(Enum.GetValues<PaymentState>(), state =>
    {
        Assert.NotEqual(ReturnWords.For("en").Of(state), ReturnWords.For("nb").Of(state));
        Assert.NotEmpty(ReturnWords.For("en").Of(state).Title);
        Assert.NotEmpty(ReturnWords.For("nb").Of(state).Detail);
    });
}
