using System.Text.Json;
using Microsoft.Extensions.Options;
using PspGateway.Simulator.Vipps;

namespace PspGateway.Simulator.Acquirer;

/// <summary>POST /payments: the authorisation.</summary>
internal sealed class Payments(
    AcquirerBook book, Authentications authentications, Notifier notifier, Timeline timeline, TimeProvider time, IOptions<SimulatorOptions> options,
    IHostApplicationLifetime lifetime)
{
    public async Task<Answer> AuthoriseAsync(JsonElement sent, string? idempotencyKey, Uri self)
    {
        if (PaymentShape.FirstFault(sent) is { } fault)
        {
            return AcquirerErrors.Invalid(fault);
        }

        var amount = sent.GetProperty("amount");
        var method = sent.GetProperty("paymentMethod");
        var request = new AuthorisationRequest(
            sent.Text("merchantAccount")!, sent.Text("reference")!, amount.GetProperty("value").GetInt64(), amount.Text("currency")!,
            method.Text("brand")!, method.Text("number")![^4..], idempotencyKey);
        if (PaymentShape.IsAuthenticationOnly(sent))
        {
            return authentications.Start(request, sent.Text("returnUrl")!, self);
        }

        var script = ScriptOf(request, method.Text("number")!, sent.GetProperty("mpiData").Text("cavv"));
        if (script.Instead is { } instead)
        {
            return instead;
        }

        // Used from now on, not from the effect on: a second call may come while the first is at the issuer.
        var reused = !MayUseCryptogram(sent.GetProperty("mpiData"), request);

        // Not the caller's token: an issuer does not stop because the caller has hung up.
        await Task.Delay(script.Takes, time, lifetime.ApplicationStopping).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        if (lifetime.ApplicationStopping.IsCancellationRequested)
        {
            return Answer.Dropped;
        }

        return Apply(request, reused ? new Script(ResultCode.Refused) { RefusalCode = 2 } : script, reused);
    }

    private Script ScriptOf(AuthorisationRequest request, string number, string? cavv)
    {
        var wanted = CardScript.For(number) is { } refused ? refused
            : NetworkTokens.WantsStepUp(number) ? AmountScript.SoftDecline
            : AmountScript.For(request.Amount);
        if (!request.Reference.EndsWith("-2", StringComparison.Ordinal))
        {
            return wanted;
        }

        // The issuer knows its own word, and asks again where it has given none.
        return authentications.Vouches(request.Reference, cavv) ? AmountScript.AfterStepUp(request.Amount)
            : cavv is null ? AmountScript.SoftDecline
            : new Script(ResultCode.Refused) { RefusalCode = 11 };
    }

    private bool MayUseCryptogram(JsonElement mpi, AuthorisationRequest request)
    {
        var cryptogram = mpi.Text("tokenAuthenticationVerificationValue")!;
        var afterStepUp = mpi.Text("cavv") is not null;
        return afterStepUp || NetworkTokens.IsPublished(cryptogram)
            || book.TryUseCryptogram(cryptogram, request.IdempotencyKey ?? Guid.NewGuid().ToString());
    }

    private Answer Apply(AuthorisationRequest request, Script script, bool reused)
    {
        var (status, held) = script.ResultCode switch
        {
            ResultCode.Authorised => (AuthorisationStatus.AUTHORISED, request.Amount),
            ResultCode.PartiallyAuthorised => (AuthorisationStatus.AUTHORISED, request.Amount / 2),
            ResultCode.Pending or ResultCode.RedirectShopper => (AuthorisationStatus.PENDING, 0L),
            ResultCode.Cancelled => (AuthorisationStatus.CANCELLED, 0L),
            _ => (AuthorisationStatus.REFUSED, 0L),
        };
        var what = reused ? "REFUSED (cryptogram used before)"
            : script.ResultCode == ResultCode.Refused ? $"REFUSED {script.RefusalCode}"
            : script.ResultCode.ToString();
        var authorisation = book.Add(request, reused, status, held, what);
        switch (script.ResultCode)
        {
            case ResultCode.Pending:
                timeline.After(options.Value.PendingDelay, () => AuthorisePending(authorisation));
                break;
            case ResultCode.RedirectShopper:
                break; // Nothing is decided until the customer comes back, which the simulator does not play.
            default:
                var success = status == AuthorisationStatus.AUTHORISED;
                timeline.After(options.Value.NotificationDelay, () => notifier.Send(Notification.OfAuthorisation(
                    authorisation, success, success ? held : request.Amount, Refusal(script))));
                break;
        }

        return Write(authorisation, script, held) with { Break = script.Break };
    }

    private void AuthorisePending(Authorisation authorisation)
    {
        if (authorisation.TryAuthorisePending())
        {
            notifier.Send(Notification.OfAuthorisation(authorisation, success: true, authorisation.Request.Amount, null));
        }
    }

    private static string? Refusal(Script script) => script.ResultCode switch
    {
        ResultCode.Cancelled => "Cancelled",
        ResultCode.Refused or ResultCode.Error => AmountScript.Reason(script.RefusalCode),
        _ => null,
    };

    private static Answer Write(Authorisation authorisation, Script script, long held)
    {
        var request = authorisation.Request;
        var value = script.OtherAmountInAnswer ? request.Amount + 100 : script.ResultCode == ResultCode.PartiallyAuthorised ? held : request.Amount;
        return Answer.Json(StatusCodes.Status200OK, new
        {
            additionalData = script.RawReason is null ? null : new { refusalReasonRaw = script.RawReason },
            pspReference = authorisation.PspReference,
            resultCode = script.ResultCode.ToString(),
            refusalReason = script.RefusalCode == 0 ? null : AmountScript.Reason(script.RefusalCode),
            refusalReasonCode = script.RefusalCode == 0 ? null : script.RefusalCode.ToString(),
            amount = new { currency = request.Currency, value },
            merchantReference = request.Reference,
            action = script.ResultCode != ResultCode.RedirectShopper ? null : new
            {
                type = "redirect",
                method = "GET",
                paymentMethodType = "networkToken",
                url = "https://checkoutshopper-test.adyen.com/checkoutshopper/threeDS/redirect?reference=" + authorisation.PspReference,
            },
        });
    }
}
