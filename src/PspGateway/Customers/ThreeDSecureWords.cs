namespace PspGateway.Customers;

/// <summary>What the 3-D Secure page says, in Norwegian or English.</summary>
internal sealed class ThreeDSecureWords
{
    private static readonly ThreeDSecureWords English = new()
    {
        Title = "Your bank wants to know that it is you",
        Collect = "You are being sent to your bank. Nothing is charged before you have confirmed there.",
        Again = "Your bank could not be reached. Nothing is charged. Try once more.",
        Continue = "Continue to your bank",
        TryAgain = "Try again",
        Wait = "Just a moment",
        WaitDetail = "We are talking to your bank. This page goes on by itself.",
        Cancel = "Cancel the payment",
    };

    private static readonly ThreeDSecureWords Norwegian = new()
    {
        Title = "Banken din vil vite at det er deg",
        Collect = "Du sendes til banken din. Ingenting blir trukket før du har bekreftet der.",
        Again = "Banken din svarte ikke. Ingenting er trukket. Prøv en gang til.",
        Continue = "Gå videre til banken",
        TryAgain = "Prøv igjen",
        Wait = "Et øyeblikk",
        WaitDetail = "Vi snakker med banken din. Siden går videre av seg selv.",
        Cancel = "Avbryt betalingen",
    };

    public required string Title { get; init; }

    public required string Collect { get; init; }

    public required string Again { get; init; }

    public required string Continue { get; init; }

    public required string TryAgain { get; init; }

    public required string Wait { get; init; }

    public required string WaitDetail { get; init; }

    public required string Cancel { get; init; }

    /// <param name="language">As the return page chose it.</param>
    public static ThreeDSecureWords For(string language) => language == "nb" ? Norwegian : English;
}
