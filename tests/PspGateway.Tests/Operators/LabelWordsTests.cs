using PspGateway.Domain.Operations;
using PspGateway.Payments.Telemetry;

namespace PspGateway.Tests.Operators;

public sealed class LabelWordsTests
{
    [Fact]
    public void A_name_of_ours_becomes_a_label_in_lower_case() => Assert.Equal(
        ("soft_declined", "too_late", "unknown"),
        (LabelWords.Of(typeof(AuthorisationOutcome.SoftDeclined)), LabelWords.Of(DeclineReason.TooLate), LabelWords.Of(new AuthorisationOutcome.Unknown("why").GetType())));

    [Fact]
    public void A_value_without_a_name_is_other() => Assert.Equal("other", LabelWords.Of((DeclineReason)999));
}
