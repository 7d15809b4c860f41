using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Options;
using PspGateway.Domain;
using PspGateway.Domain.Operations;
using PspGateway.Domain.Payments;
using PspGateway.Payments;
using PspGateway.Storage;
using PspGateway.Storage.Queue;
using PspGateway.Tests.Simulation;

namespace PspGateway.IntegrationTests;

/// <content>Captures, refunds and cancels of payments that are authorised.</content>
public sealed partial class StoreModelTests
{
    private static readonly long Near = TimeSpan.FromMilliseconds(30).Ticks;
    private readonly List<(ClaimedOperation There, ClaimedOperation Here)> _held = [];
    private ModificationStore _modifications = null!;

    [Fact]
    public async Task The_model_of_captures_refunds_and_cancels_does_what_Postgres_does()
    {
        _modifications = new ModificationStore(_database);
        for (var i = 0; i < Payments; i++)
        {
            var payment = await AuthorisedAsync(i);
            _held.Clear();
            for (var j = 0; j < 2 * StatementsPerPayment; j++)
            {
                var (name, onPostgres, onModel) = await NextModificationAsync(payment);
                Assert.True(onPostgres == onModel, $"payment {i}, statement {j}, {name}: Postgres says {onPostgres}, the model {onModel}.");
                var (rows, modelRows) = (await RowsAsync(payment), RowsOfModel(payment));
                Assert.True(rows == modelRows, $"payment {i}, statement {j}, {name}:\nPostgres\n{rows}\nmodel\n{modelRows}");
            }
        }

        Assert.True(_model.ModificationReports.Count(r => r.Success) > Payments / 2, "Too little was done.");
        Assert.True(_model.ModificationReports.Count(r => !r.Success) > Payments / 4, "Too little failed.");
    }

    private async Task<Guid> AuthorisedAsync(int number)
    {
        var payment = await CreateAsync(number);
        var token = new AcceptedToken { PaymentId = payment, OperationId = Guid.CreateVersion7(), Number = 1, EpochId = _epoch, Sealed = [1], Lease = Hour, Remaining = () => Hour };
        var outcome = new AuthoriseOutcome { OperationId = token.OperationId, Generation = 1, Approved = true, MayAnswerOk = true, AcquirerReference = $"PSP{number}", OkBody = [7], FailBody = [8] };
        Assert.True(await _store.AcceptAsync(token) && _model.Accept(token, Hour));
        Assert.Equal((Answer.Ok, Answer.Ok), ((await _store.RecordAsync(outcome))?.Answer, _model.Record(outcome)?.Answer));
        Assert.Single(await _store.MarkDeliveredAsync([(token.OperationId, 1)], true, CancellationToken.None));
        Assert.True(_model.MarkDelivered(token.OperationId, 1, report: true));
        return payment;
    }

    private async Task<(string Name, string Postgres, string Model)> NextModificationAsync(Guid payment)
    {
        var none = CancellationToken.None;
        var operations = _model.Operations.Where(o => o.Payment.Id == payment && o.IsModification).ToList();
        var some = operations.Count == 0 ? null : operations[_dice.Below(operations.Count)];
        var why = _dice.Chance(0.4) ? "why" : null;
        var reference = _dice.Chance(0.7) ? $"ACQ{_dice.Below(3)}" : null;
        var (there, here) = _held.Count == 0 ? default : _held[_dice.Below(_held.Count)];
        switch (_dice.Below(some is null ? 1 : 13))
        {
            case 0 or 1 or 2:
                var kind = ((OperationKind[])[OperationKind.Capture, OperationKind.Capture, OperationKind.Capture, OperationKind.Refund, OperationKind.Refund, OperationKind.Cancel])[_dice.Below(6)];
                long? amount = kind == OperationKind.Cancel ? null : 1 + _dice.Below(30_000);
                return Both("order", await OrderAsync(payment, kind, amount), _model.Order(payment, kind, amount)?.Reference ?? "refused");

            case 3 or 4 or 5:
                return await ClaimModificationsAsync(payment);

            case 6 or 7 when there is not null:
                return Both("begin", Begun(await _modifications.BeginAsync(there, Hour, none)), Begun(_model.Begin(here, Hour)));

            case 8 when there is not null:
                var nothingSent = _dice.Chance(0.4);
                await _modifications.LeaveOpenAsync(there, reference, nothingSent, Hour, none);
                return Both("leave open", true, _model.LeaveOpen(here, reference, nothingSent, Hour));

            case 9 when there is not null:
                return Both("finish", await _modifications.FinishAsync(there.Id, there.Generation, reference, why, inParts: true, none), _model.FinishModification(here.Id, here.Generation, reference, why));

            case 10:
                return Both("end", await _modifications.FinishAsync(await IdAsync(some!), null, reference, why, inParts: true, none), _model.FinishModification(some!.Id, null, reference, why));

            case 11 when some!.Status == OperationStatus.Succeeded:
                return Both("take back", await _modifications.TakeBackAsync(await IdAsync(some), "undone", none), _model.TakeBack(some.Id, "undone"));

            case 12 when there is not null && _dice.Chance(0.2):
                return Both("park", await _modifications.ParkAsync(there, "why", none), _model.Park(here.Id, here.Generation, "why"));

            default:
                return Both("find", Words(await _modifications.FindAsync(some!.Kind, some.Reference, reference ?? "", none)), Words(_model.FindModification(some.Kind, some.Reference, reference ?? "")));
        }

        static (string Name, string Postgres, string Model) Both<T>(string name, T postgres, T model) => (name, $"{postgres}", $"{model}");

        static string Begun(BegunModification? o) => o is null ? "none" : $"{o.Tries} {o.AcquirerReference} again {o.Again}";

        static string Words(FoundModification? o) => o is null ? "none" : $"{o.Reference} {o.Status} {o.Amount} {o.AcquirerAccount} leased {o.Leased}";
    }

    private async Task<(string Name, string Postgres, string Model)> ClaimModificationsAsync(Guid payment)
    {
        // Close to its time, the two clocks may see different things due.
        while (_model.Operations.Exists(o => o.IsModification && Math.Abs((o.DueAt ?? 0) - Now()) < Near))
        {
            await Task.Delay(10);
        }

        var lease = _dice.Chance(0.7) ? Hour : -Hour;
        var claimed = await _store.ClaimAsync(modifications: true, 100, lease, CancellationToken.None);
        var ofModel = _model.Claim(modifications: true, 100, lease);
        _held.AddRange(claimed.Where(o => o.PaymentId == payment).Select(o => (o, ofModel.FirstOrDefault(m => m.Reference == o.Reference) ?? o)));
        return ("claim", string.Join(' ', claimed.Select(Words).Order()), string.Join(' ', ofModel.Select(Words).Order()));

        static string Words(ClaimedOperation o) => $"{o.Reference} {o.Kind} {o.Status} {o.AcquirerReference} tries {o.Tries} gen {o.Generation} of {o.Amount}";
    }

    /// <summary>As a merchant's request is accepted.</summary>
    private async Task<string> OrderAsync(Guid id, OperationKind kind, long? amount)
    {
        await using var db = new GatewayDbContext(new DbContextOptionsBuilder<GatewayDbContext>().UseNpgsql(_database.General).Options);
        await using var transaction = await db.Database.BeginTransactionAsync();
        var payment = await db.Payments.FromSql($"select p.*, p.xmin from payments p where p.id = {id} for update").SingleAsync();
        var acceptance = new ModificationAcceptance(new InParts(), Options.Create(new AuthorisationLifeOptions()));
        var accepted = await acceptance.TryAsync(db, payment, kind, amount is { } minor ? Money.Nok(minor) : null, null, TimeProvider.System.GetUtcNow());
        await db.SaveChangesAsync();
        await transaction.CommitAsync();
        return accepted is Acceptance.Accepted { Operation.Reference: var reference } ? reference : "refused";
    }

    private async Task<Guid> IdAsync(ModelOperation operation)
    {
        await using var command = _database.General.CreateCommand($"select id from operations where reference = '{operation.Reference}'");
        return (Guid)(await command.ExecuteScalarAsync())!;
    }

    private static long Now() => TimeProvider.System.GetUtcNow().Ticks - ProcessClock.Start.Ticks;

    private sealed class InParts : IAcquirer
    {
        public bool ReceivedIsFinal => false;

        public bool CapturesInParts => true;

        public string DefaultAccount => "TheAccount";

        public Task<AuthorisationOutcome> AuthoriseAsync(AuthorisationRequest request, CancellationToken cancellationToken) => throw new NotSupportedException();

        public Task<CancelOutcome> CancelAsync(CancelRequest request, CancellationToken cancellationToken) => throw new NotSupportedException();

        public Task<ModificationOutcome> ModifyAsync(OperationKind kind, ModificationRequest request, CancellationToken cancellationToken) => throw new NotSupportedException();
    }
}
