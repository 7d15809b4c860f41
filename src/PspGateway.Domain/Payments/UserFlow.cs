namespace PspGateway.Domain.Payments;

/// <summary>How the customer is brought to the approval.</summary>
public enum UserFlow
{
    WebRedirect,
    NativeRedirect,
    PushMessage,
}
