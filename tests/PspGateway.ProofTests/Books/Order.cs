namespace PspGateway.ProofTests.Books;

/// <summary>A capture, refund or cancel that the merchant asked for, and the answer that stands.</summary>
/// <param name="Amount">Null for a cancel.</param>
internal sealed record Order(string Payment, string Reference, string What, long? Amount, string Key, int Status, string Body)
{
    /// <summary>The acquirer was told to let it fail, or to undo it: what the merchant was told first is not how it ended.</summary>
    public bool MayFail { get; init; }

    public bool Accepted => Status == 200;
}
