namespace PspGateway.Domain.Cards;

public enum CardScheme
{
    Visa,
    Mastercard,
}
