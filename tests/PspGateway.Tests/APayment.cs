using PspGateway.Domain;
using PspGateway.Domain.Merchants;
using PspGateway.Domain.Payments;

namespace PspGateway.Tests;

/// <summary>Payments in the states that tests start from.</summary>
internal static class APayment
{
    public static readonly DateTimeOffset At = new(2026, 3, 4, 5, 6, 7, TimeSpan.Zero);
    public static readonly TimeSpan ExpireAfter = TimeSpan.FromMinutes(15);
    public static readonly Guid Id = Guid.Parse("0199a3c4d5e67f8091a2b3c4d5e6f708");

    public static Payment Created() => Payment.Create(
        new NewPayment
        {
            Id = new PspTransactionId(Id),
            MerchantSerialNumber = MerchantSerialNumber.Parse("123456"),
            Reference = MerchantOrderId.Parse("order-0001"),
            Amount = Money.Nok(49_900),
            UserFlow = UserFlow.WebRedirect,
            Description = "One pair of socks",
            ReturnUrl = "https://shop.example/back",
            ReturnReference = "return-reference",
            AcquirerAccount = "MerchantOne",
            SealedPhoneNumber = [1, 2, 3],
            MetadataJson = """{"a":"b"}""",
            ClientSystemJson = """{"Vipps-System-Name":"shop"}""",
            CallbackKeyId = "k1",
            CallbackExpiresAt = At.AddHours(1),
            CallbackTokenHash = [9, 9],
            IdempotencyKey = "key-1",
        },
        At,
        ExpireAfter);

    public static Payment Authorising()
    {
        var payment = Created();
        payment.Move(PaymentMove.Accept, PaymentEventName.TokenAccepted, At.AddSeconds(1));
        return payment;
    }
}
