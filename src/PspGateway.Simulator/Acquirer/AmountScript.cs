namespace PspGateway.Simulator.Acquirer;

internal enum ResultCode
{
    Authorised,
    Refused,
    Pending,
    Error,
    RedirectShopper,
    Cancelled,
    PartiallyAuthorised,
}

/// <summary>How an authentication goes that no money is to move in.</summary>
internal enum Authentication
{
    Challenge,
    ChallengeByPost,
    Frictionless,
    Attempted,
    Fails,
    NotRequired,
    Refused,
    HoldsMoney,
    HoldsMoneyAfterTheChallenge,
}

/// <summary>How the acquirer treats one authorisation.</summary>
internal sealed record Script(ResultCode ResultCode = ResultCode.Authorised)
{
    public int RefusalCode { get; init; }

    public string? RawReason { get; init; }

    /// <summary>The issuer's time; the effect comes at its end, also when the caller has gone.</summary>
    public TimeSpan Takes { get; init; }

    /// <summary>Damage to the answer after the effect.</summary>
    public Break Break { get; init; }

    /// <summary>Damage before any effect.</summary>
    public Answer? Instead { get; init; }

    public bool OtherAmountInAnswer { get; init; }
}

/// <summary>
/// The amounts that mean something, in whole kroner: an amount with øre is always authorised. Damage to an answer happens once: the
/// same Idempotency-Key again gets the true first answer. What happens before any effect (7011, 7012) happens at every try.
/// </summary>
internal static class AmountScript
{
    /// <summary>The table for people; <see cref="For"/> is the table for the program.</summary>
    public static IReadOnlyList<(string Kroner, string Meaning)> Table { get; } =
    [
        ("7001", "authorised, then the connection drops"),
        ("7002", "authorised, then HTTP 500"),
        ("7003", "authorised, then a garbage body"),
        ("7004", "authorised, but the answer names another amount"),
        ("7005", "authorised, then no answer at all"),
        ("7006", "Pending; authorised a while later"),
        ("7007", "resultCode Error"),
        ("7008", "RedirectShopper: 3-D Secure, the payment stays open"),
        ("7009", "resultCode Cancelled"),
        ("7010", "PartiallyAuthorised: half of the amount"),
        ("7011", "the connection drops before any effect"),
        ("7012", "HTTP 500 without effect"),
        ("7013", "refused with the issuer's raw 65: a soft decline with a Mastercard, over the limit with a Visa"),
        ("8001 – 8120", "takes that many seconds (8012: 12 s), then authorised"),
        ("9002", "refused"),
        ("9006", "expired card"),
        ("9008", "invalid card number"),
        ("9009", "issuer unavailable"),
        ("9012", "not enough balance"),
        ("9020", "fraud"),
        ("9028", "over the withdrawal limit"),
        ("9038", "authentication required: a soft decline"),
        ("9002 – 9099", "refused with that refusalReasonCode"),
        ("9201", "3-D Secure: the bank wants a code, then authorised (as 9038 and 7013)"),
        ("9202", "3-D Secure without a challenge, then authorised"),
        ("9203", "3-D Secure: not authenticated"),
        ("9204", "3-D Secure: authentication is not required, then authorised"),
        ("9205", "3-D Secure: authorised although only authentication was asked for"),
        ("9206", "3-D Secure: the bank wants a code, and then it is authorised although nobody asked"),
        ("9207", "3-D Secure: the bank's page wants a POST"),
        ("9208", "3-D Secure: refused"),
        ("9209", "3-D Secure without a challenge, then not enough balance"),
        ("9210", "3-D Secure without a challenge, then a soft decline again"),
        ("9211", "3-D Secure: attempted only, then authorised"),
    ];

    public static Script SoftDecline { get; } = new(ResultCode.Refused) { RefusalCode = 38 };

    /// <summary>The authorisation after a step-up.</summary>
    public static Script AfterStepUp(long minorUnits) => minorUnits switch
    {
        920900 => new Script(ResultCode.Refused) { RefusalCode = 12 },
        921000 => SoftDecline,
        700800 or 701300 or 903800 or (>= 920100 and <= 921100) => new Script(),
        _ => For(minorUnits),
    };

    public static Authentication AuthenticationOf(long minorUnits) => minorUnits switch
    {
        920200 or 920900 or 921000 => Authentication.Frictionless,
        920300 => Authentication.Fails,
        920400 => Authentication.NotRequired,
        920500 => Authentication.HoldsMoney,
        920600 => Authentication.HoldsMoneyAfterTheChallenge,
        920700 => Authentication.ChallengeByPost,
        920800 => Authentication.Refused,
        921100 => Authentication.Attempted,
        _ => Authentication.Challenge,
    };

    public static Script For(long minorUnits)
    {
        var (kroner, rest) = Math.DivRem(minorUnits, 100);
        return rest != 0 ? new Script() : kroner switch
        {
            7001 => new Script { Break = Break.Drop },
            7002 => new Script { Break = Break.ServerError },
            7003 => new Script { Break = Break.Garbage },
            7004 => new Script { OtherAmountInAnswer = true },
            7005 => new Script { Break = Break.Hang },
            7006 => new Script(ResultCode.Pending),
            7007 => new Script(ResultCode.Error) { RefusalCode = 4 },
            7008 => new Script(ResultCode.RedirectShopper),
            7009 => new Script(ResultCode.Cancelled),
            7010 => new Script(ResultCode.PartiallyAuthorised),
            7011 => new Script { Instead = Answer.Dropped },
            7012 => new Script { Instead = AcquirerErrors.Internal },
            7013 => new Script(ResultCode.Refused) { RefusalCode = 2, RawReason = "65 : SCA required" },
            >= 8001 and <= 8120 => new Script { Takes = TimeSpan.FromSeconds(kroner - 8000) },
            >= 9201 and <= 9211 => SoftDecline,
            >= 9002 and <= 9099 => new Script(ResultCode.Refused) { RefusalCode = (int)(kroner - 9000) },
            _ => new Script(),
        };
    }

    /// <summary>Adyen's text for a refusalReasonCode, as far as one is published.</summary>
    public static string Reason(int code) => code switch
    {
        2 => "Refused",
        3 => "Referral",
        4 => "Acquirer Error",
        5 => "Blocked Card",
        6 => "Expired Card",
        7 => "Invalid Amount",
        8 => "Invalid Card Number",
        9 => "Issuer Unavailable",
        10 => "Not supported",
        11 => "3D Not Authenticated",
        12 => "Not enough balance",
        14 => "Acquirer Fraud",
        15 => "Cancelled",
        16 => "Shopper Cancelled",
        17 => "Invalid Pin",
        18 => "Pin tries exceeded",
        19 => "Pin validation not possible",
        20 => "FRAUD",
        21 => "Not Submitted",
        22 => "FRAUD-CANCELLED",
        23 => "Transaction Not Permitted",
        24 => "CVC Declined",
        25 => "Restricted Card",
        26 => "Revocation Of Auth",
        27 => "Declined Non Generic",
        28 => "Withdrawal amount exceeded",
        29 => "Withdrawal count exceeded",
        31 => "Issuer Suspected Fraud",
        32 => "AVS Declined",
        38 => "Authentication required",
        39 => "RReq not received from DS",
        42 => "3DS Authentication Error",
        _ => "Refused",
    };
}
