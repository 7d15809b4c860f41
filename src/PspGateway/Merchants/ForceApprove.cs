using System.Text.Json;
using Microsoft.AspNetCore.WebUtilities;
using Microsoft.EntityFrameworkCore;
using PspGateway.Domain.Merchants;
using PspGateway.Domain.Payments;
using PspGateway.Merchants.Wire;
using PspGateway.Payments;
using PspGateway.Storage;

namespace PspGateway.Merchants;

/// <summary>
/// POST /epayment/v1/test/payments/{reference}/approve: asks Vipps' test environment to approve as the customer would, and answers when the
/// payment is decided. Anywhere else the route does not exist.
/// </summary>
internal sealed class ForceApprove(IDbContextFactory<GatewayDbContext> contexts, IWallet wallet, TimeProvider time)
{
    private static readonly TimeSpan WaitAtMost = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan LookEvery = TimeSpan.FromMilliseconds(100);

    public async Task<IResult> HandleAsync(string reference, HttpContext context)
    {
        if (!wallet.CanForceApprove)
        {
            return MerchantProblems.NoForceApprove();
        }

        var (body, unread) = await RequestBody.ReadAsync(context.Request, context.RequestAborted);
        if (unread is not null)
        {
            return unread;
        }

        if (await FindAsync(reference, context) is not { } payment)
        {
            return MerchantProblems.NotFound();
        }

        try
        {
            var (phoneNumber, token) = Read(body, payment);
            var merchant = MerchantSerialNumber.Parse(payment.MerchantSerialNumber);
            return await wallet.ForceApproveAsync(payment.PspTransactionId, merchant, phoneNumber, token, context.RequestAborted) is { } refusal
                ? MerchantProblems.NotApproved(refusal)
                : await WaitAsync(payment.Id, context.RequestAborted);
        }
        catch (InvalidFieldException exception)
        {
            return MerchantProblems.InvalidField(exception.Field, exception.Reason);
        }
        catch (JsonException)
        {
            return MerchantProblems.NotJson();
        }
    }

    private async Task<Payment?> FindAsync(string reference, HttpContext context)
    {
        var merchant = MerchantFilter.Of(context).MerchantSerialNumber;
        await using var db = await contexts.CreateDbContextAsync(context.RequestAborted);
        return await db.Payments.AsNoTracking().SingleOrDefaultAsync(p => p.MerchantSerialNumber == merchant && p.Reference == reference, context.RequestAborted);
    }

    /// <summary>Vipps wants the token of its own redirect URL; a merchant may send it, but need not.</summary>
    private static (string PhoneNumber, string Token) Read(byte[] body, Payment payment)
    {
        using var document = CreatePaymentRequest.ParseDocument(body);
        var root = new FieldReader(document.RootElement);
        var phoneNumber = CreatePaymentRequest.PhoneNumberOf(root) ?? throw new InvalidFieldException("customer.phoneNumber", "is required");
        var token = root.Text("token", 1, 2000) ?? TokenOf(payment.RedirectUrl) ?? throw new InvalidFieldException("token", "is required: the payment has no redirect URL with one");
        return (phoneNumber, token);
    }

    private static string? TokenOf(string? redirectUrl) =>
        Uri.TryCreate(redirectUrl, UriKind.Absolute, out var url) && QueryHelpers.ParseQuery(url.Query).TryGetValue("token", out var token) ? token.ToString() : null;

    private async Task<IResult> WaitAsync(Guid paymentId, CancellationToken cancellationToken)
    {
        var started = time.GetTimestamp();
        while (time.GetElapsedTime(started) < WaitAtMost)
        {
            await using var db = await contexts.CreateDbContextAsync(cancellationToken);
            var state = await db.Payments.Where(p => p.Id == paymentId).Select(p => p.State).SingleAsync(cancellationToken);
            if (state == PaymentState.Authorised || PaymentMoves.IsFinal(state))
            {
                break;
            }

            await Task.Delay(LookEvery, time, cancellationToken);
        }

        return Results.Ok();
    }
}
