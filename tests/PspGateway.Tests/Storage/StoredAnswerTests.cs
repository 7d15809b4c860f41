using PspGateway.Domain;
using PspGateway.Domain.Operations;
using PspGateway.Domain.Payments;
using PspGateway.Storage.Queue;

namespace PspGateway.Tests.Storage;

/// <summary>What is read back of a write whose confirmation was lost (ENGINE 27).</summary>
public sealed class StoredAnswerTests
{
    private static readonly Guid Operation = Guid.NewGuid();

    [Theory]
    [InlineData(PaymentState.Approved)]
    [InlineData(PaymentState.Authorised)]
    public void An_OK_that_stands_is_read_back(PaymentState state) =>
        Assert.Equal(Answer.Ok, StoredAnswer.Of(APaymentWith(state, Answer.Ok), Operation)?.Answer);

    [Theory]
    [InlineData(PaymentState.Withdrawn)]
    [InlineData(PaymentState.Declined)]
    public void An_OK_that_was_taken_back_is_never_said(PaymentState state) =>
        Assert.Null(StoredAnswer.Of(APaymentWith(state, Answer.Ok), Operation));

    [Fact]
    public void A_FAIL_is_read_back_whatever_has_come_of_the_payment() =>
        Assert.Equal(Answer.Fail, StoredAnswer.Of(APaymentWith(PaymentState.Declined, Answer.Fail), Operation)?.Answer);

    [Fact]
    public void The_answer_of_another_operation_is_not_ours_and_an_open_one_is_none()
    {
        Assert.Null(StoredAnswer.Of(APaymentWith(PaymentState.Authorised, Answer.Ok), Guid.NewGuid()));
        Assert.Null(StoredAnswer.Of(APaymentWith(PaymentState.Authorising, null), Operation));
        Assert.Null(StoredAnswer.Of(null, Operation));
    }

    private static CallbackPayment APaymentWith(PaymentState state, Answer? answer) => new()
    {
        Id = Guid.NewGuid(),
        MerchantSerialNumber = "123456",
        Amount = Money.Nok(49_900),
        State = state,
        CallbackTokenHash = [],
        AcquirerAccount = "TestAccount",
        ReturnReference = "there",
        CapturedMinor = 0,
        CancelledMinor = 0,
        Authorise = new CallbackAuthorise(Operation, 1, answer, answer is null ? null : "{}"u8.ToArray(), null, false, OperationStatus.Succeeded, 1),
    };
}
