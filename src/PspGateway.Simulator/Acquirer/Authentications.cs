using System.Buffers.Text;
using System.Collections.Concurrent;
using System.Security.Cryptography;
using System.Text.Json;
using Microsoft.Extensions.Options;
using PspGateway.Simulator.Books;

namespace PspGateway.Simulator.Acquirer;

/// <summary>What the customer did at the bank.</summary>
internal enum ChallengeEnd
{
    Confirmed,
    WrongCode,
    Cancelled,
}

/// <summary>A customer at the bank's page.</summary>
internal sealed class Challenge(AuthorisationRequest request, string returnUrl)
{
    public AuthorisationRequest Request => request;

    public string ReturnUrl => returnUrl;

    public ChallengeEnd? End { get; set; }
}

/// <summary>3-D Secure: authentication only, by redirect. The issuer's word (CAVV) is remembered, so that a made-up one is found out.</summary>
internal sealed class Authentications(AcquirerBook book, EntryLog log, Notifier notifier, Timeline timeline, IOptions<SimulatorOptions> options)
{
    private readonly ConcurrentDictionary<string, Challenge> _atTheBank = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<string, Challenge> _returned = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<string, string?> _words = new(StringComparer.Ordinal);

    public Challenge? FindAtTheBank(string token) => _atTheBank.GetValueOrDefault(token);

    public Answer Start(AuthorisationRequest request, string returnUrl, Uri self)
    {
        var plan = AmountScript.AuthenticationOf(request.Amount);
        log.Add("acquirer", request.Reference, "AUTHENTICATION", request.Amount, plan.ToString());
        return plan switch
        {
            Authentication.Frictionless => Finished(request, "Y"),
            Authentication.Attempted => Finished(request, "A"),
            Authentication.Fails => Finished(request, "N"),
            Authentication.NotRequired => NotRequired(request),
            Authentication.Refused => Result(request, "Refused"),
            Authentication.HoldsMoney => HoldMoney(request),
            _ => Redirect(request, returnUrl, self, byPost: plan == Authentication.ChallengeByPost),
        };
    }

    /// <summary>The customer leaves the bank.</summary>
    /// <returns>The address to go back to.</returns>
    public string Return(string token, Challenge challenge, ChallengeEnd end)
    {
        challenge.End = end;
        _atTheBank.TryRemove(token, out _);
        var redirectResult = "X6XtfGC3" + Base64Url.EncodeToString(RandomNumberGenerator.GetBytes(300));
        _returned[redirectResult] = challenge;
        book.Remember(redirectResult, challenge.Request.Reference);
        return challenge.ReturnUrl + (challenge.ReturnUrl.Contains('?', StringComparison.Ordinal) ? "&" : "?") + "redirectResult=" + redirectResult;
    }

    public Answer Finish(JsonElement sent)
    {
        if (sent.EnumerateObject().Any(member => member.Name != "details") || sent.Member("details")?.Text("redirectResult") is not { } redirectResult
            || !_returned.TryGetValue(redirectResult, out var challenge))
        {
            return AcquirerErrors.Invalid("Field 'details.redirectResult' is not valid");
        }

        return challenge.End switch
        {
            ChallengeEnd.Confirmed when AmountScript.AuthenticationOf(challenge.Request.Amount) == Authentication.HoldsMoneyAfterTheChallenge => HoldMoney(challenge.Request),
            ChallengeEnd.Confirmed => Finished(challenge.Request, "Y"),
            ChallengeEnd.Cancelled => Finished(challenge.Request, "N", cancelled: true),
            _ => Finished(challenge.Request, "N"),
        };
    }

    /// <summary>Whether the issuer said so, or said that it has nothing to say.</summary>
    public bool Vouches(string reference, string? cavv) => _words.TryGetValue(PaymentOf(reference), out var word) && word == cavv;

    private Answer Redirect(AuthorisationRequest request, string returnUrl, Uri self, bool byPost)
    {
        var token = Base64Url.EncodeToString(RandomNumberGenerator.GetBytes(24));
        _atTheBank[token] = new Challenge(request, returnUrl);
        return Result(request, "RedirectShopper", action: new
        {
            type = "redirect",
            method = byPost ? "POST" : "GET",
            paymentMethodType = "networkToken",
            url = new Uri(self, $"/issuer/{token}").AbsoluteUri,
            data = byPost ? new Dictionary<string, string>(StringComparer.Ordinal) { ["MD"] = token, ["TermUrl"] = returnUrl } : null,
        });
    }

    private Answer Finished(AuthorisationRequest request, string transStatus, bool cancelled = false)
    {
        var vouches = transStatus is "Y" or "A";
        var cavv = vouches ? Convert.ToBase64String(RandomNumberGenerator.GetBytes(20)) : null;
        if (vouches)
        {
            _words[PaymentOf(request.Reference)] = cavv;
        }

        return Result(request, "AuthenticationFinished", result: new
        {
            authenticationValue = cavv,
            eci = !vouches ? null : request.Brand == "mc" ? (transStatus == "Y" ? "02" : "01") : transStatus == "Y" ? "05" : "06",
            dsTransID = Guid.NewGuid().ToString(),
            messageVersion = "2.2.0",
            transStatus,
            challengeCancel = cancelled ? "01" : null,
        });
    }

    private Answer NotRequired(AuthorisationRequest request)
    {
        _words[PaymentOf(request.Reference)] = null;
        return Result(request, "AuthenticationNotRequired");
    }

    /// <summary>What must not happen in this step, and might.</summary>
    private Answer HoldMoney(AuthorisationRequest request)
    {
        var authorisation = book.Add(request, cryptogramReused: false, AuthorisationStatus.AUTHORISED, request.Amount, "AUTHORISED although only authentication was asked for");
        timeline.After(options.Value.NotificationDelay, () => notifier.Send(Notification.OfAuthorisation(authorisation, success: true, request.Amount, null)));
        return Result(request, "Authorised", pspReference: authorisation.PspReference);
    }

    private static Answer Result(AuthorisationRequest request, string resultCode, object? action = null, object? result = null, string? pspReference = null) => Answer.Json(StatusCodes.Status200OK, new
    {
        pspReference = pspReference ?? AcquirerBook.NewPspReference(),
        resultCode,
        amount = new { currency = request.Currency, value = request.Amount },
        merchantReference = request.Reference,
        action,
        threeDS2Result = result,
    });

    private static string PaymentOf(string reference) => reference.Split('-')[0];
}
