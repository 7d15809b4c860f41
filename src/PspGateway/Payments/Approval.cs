using PspGateway.Domain.Cards;
using PspGateway.Payments.StepUps;

namespace PspGateway.Payments;

/// <summary>A customer's approval, as the wallet handed it over.</summary>
/// <param name="Addresses">Where a step-up would end, unchecked.</param>
/// <param name="AfterStepUp">Set once it is known to be the call after one.</param>
internal sealed record Approval(CardToken Token, string? CardBin, StepUpAddresses? Addresses, SecondCall? AfterStepUp = null);

/// <summary>The bytes to answer with. An OK that this request is the first to give has its delivery marked, or doubted, through <paramref name="OkOf"/>.</summary>
internal sealed record AnswerToGive(byte[] Body, PendingAnswer? OkOf = null);
