using Microsoft.EntityFrameworkCore;
using Npgsql;
using PspGateway.Domain;
using PspGateway.Domain.Merchants;
using PspGateway.Domain.Operations;
using PspGateway.Domain.Payments;
using PspGateway.IntegrationTests.World;
using PspGateway.Payments;
using PspGateway.Storage;
using PspGateway.Storage.Queue;
using PspGateway.Storage.Rows;
using PspGateway.Tests.Simulation;

namespace PspGateway.IntegrationTests;

/// <summary>
/// The simulation of the engine believes a model of its statements. Here random sequences of them run on both, the model and Postgres: the
/// same results, and the same rows after each.
/// </summary>
public sealed partial class StoreModelTests(TestPostgres postgres) : IAsyncLifetime
{
    private const int Payments = 60;
    private const int StatementsPerPayment = 14;
    private static readonly TimeSpan Hour = TimeSpan.FromHours(1);
    private readonly Scheduler _dice = new(20261123);
    private readonly ModelStore _model = new(() => TimeProvider.System.GetUtcNow().Ticks - ProcessClock.Start.Ticks);
    private readonly Guid _epoch = Guid.CreateVersion7();
    private GatewayDatabase _database = null!;
    private PaymentStore _store = null!;

    public async ValueTask InitializeAsync()
    {
        _database = new GatewayDatabase(await postgres.CreateDatabaseAsync());
        _store = new PaymentStore(_database, TimeProvider.System);
        await using var db = new GatewayDbContext(new DbContextOptionsBuilder<GatewayDbContext>().UseNpgsql(_database.General).Options);
        db.Add(new MerchantRow { MerchantSerialNumber = "123456", Name = "A shop", ClientId = "client", SubscriptionKeyHash = [1], ReturnUrlOrigins = [], AcceptsCreditCards = true, CreatedAt = TimeProvider.System.GetUtcNow() });
        await db.SaveChangesAsync();
        await using var epoch = _database.General.CreateCommand($"insert into vault_epochs (id, day, created_at) values ('{_epoch}', current_date, now())");
        await epoch.ExecuteNonQueryAsync();
    }

    public async ValueTask DisposeAsync()
    {
        _store.Dispose();
        await _database.DisposeAsync();
    }

    [Fact]
    public async Task The_model_of_the_statements_does_what_Postgres_does()
    {
        var statements = 0;
        for (var i = 0; i < Payments; i++)
        {
            var payment = await CreateAsync(i);
            for (var j = 0; j < StatementsPerPayment; j++)
            {
                var (name, onPostgres, onModel) = await NextAsync(payment);
                Assert.True(onPostgres == onModel, $"payment {i}, statement {j}, {name}: Postgres says {onPostgres}, the model {onModel}.");
                var (rows, modelRows) = (await RowsAsync(payment), RowsOfModel(payment));
                Assert.True(rows == modelRows, $"payment {i}, statement {j}, {name}:\nPostgres\n{rows}\nmodel\n{modelRows}");
                statements++;

                // What is made within one millisecond has ids in no order.
                await Task.Delay(2);
            }
        }

        Assert.Equal(Payments * StatementsPerPayment, statements);
        Assert.True(_model.Operations.Count(o => o.Kind == OperationKind.Reverse) > Payments / 4, "The sequences reach too little.");
    }

    /// <summary>One random statement on both sides.</summary>
    private async Task<(string Name, string Postgres, string Model)> NextAsync(Guid payment)
    {
        var none = CancellationToken.None;
        var authorise = _model.Operations.Find(o => o.Payment.Id == payment && o.Kind == OperationKind.Authorise);
        var reverse = _model.Operations.FindLast(o => o.Payment.Id == payment && o.Kind == OperationKind.Reverse);
        var generation = authorise is null ? 1 : authorise.Generation - (_dice.Chance(0.15) ? 1 : 0);
        switch (_dice.Below(authorise is null ? 3 : 14))
        {
            case 0 or 1:
                var token = new AcceptedToken
                {
                    PaymentId = payment,
                    OperationId = Guid.CreateVersion7(),
                    Number = (authorise?.Number ?? 0) + 1,
                    EpochId = _epoch,
                    Sealed = [1, 2, 3],
                    Lease = _dice.Chance(0.5) ? Hour : -Hour,
                    Remaining = () => _remaining,
                };
                _remaining = _dice.Chance(0.8) ? Hour : -Hour;
                return Both("accept", await _store.AcceptAsync(token), _model.Accept(token, _remaining));

            case 2:
                var move = (PaymentMove[])[PaymentMove.Decline, PaymentMove.Abort, PaymentMove.Expire, PaymentMove.Terminate];
                var chosen = move[_dice.Below(_dice.Chance(0.3) ? 4 : 1)];
                return _dice.Chance(0.3) ? Both("move", await _store.MoveAsync(Pool.General, payment, chosen, PaymentEventName.Aborted, "why", none), _model.Move(payment, chosen)) : ("nothing", "", "");

            case 3 or 4 or 5:
                var outcome = new AuthoriseOutcome
                {
                    OperationId = authorise!.Id,
                    Generation = generation,
                    Approved = _dice.Chance(0.7),
                    MayAnswerOk = _dice.Chance(0.7),
                    AcquirerReference = _dice.Chance(0.8) ? $"PSP{_dice.Below(3)}" : null,
                    OkBody = [7],
                    FailBody = [8],
                };
                return Both("record", (await _store.RecordAsync(outcome))?.Answer, _model.Record(outcome)?.Answer);

            case 6 or 7:
                var overOk = _dice.Chance(0.5);
                var decision = new Decision
                {
                    OperationId = authorise!.Id,
                    Generation = _dice.Chance(0.5) ? generation : null,
                    While = overOk ? Answer.Ok : null,
                    OnlyUndelivered = _dice.Chance(0.5),
                    NothingSent = _dice.Chance(0.1),
                    Move = overOk ? (_dice.Chance(0.5) ? PaymentMove.Withdraw : PaymentMove.Overrule) : PaymentMove.Decline,
                    Event = PaymentEventName.Declined,
                    Reason = "why",
                    FailBody = overOk && _dice.Chance(0.5) ? null : [9],
                };
                return Both("decide", await _store.DecideAsync(Pool.General, decision, none), _model.Decide(decision));

            case 8:
                return Both("mark", (await _store.MarkDeliveredAsync([(authorise!.Id, generation)], true, none)).Count == 1, _model.MarkDelivered(authorise.Id, generation, report: true));

            case 9:
                return await ClaimAsync(_dice.Chance(0.5) ? Hour : -Hour);

            case 10:
                var reference = $"PSP{_dice.Below(3)}";

                // Only of an authorise that is over: until then the approval is its outcome.
                return authorise!.Finished && _dice.Chance(0.5) ? Both("open", await _store.OpenReversalAsync(authorise.Id, reference, none), _model.OpenReversal(authorise.Id, reference)) : ("nothing", "", "");

            case 11 when reverse is not null:
                var knownAs = _dice.Chance(0.7) ? reverse.AcquirerReference : _dice.Chance(0.5) ? "another" : null;
                return Both("park", await _store.ParkReversalAsync(ReverseId(reverse), knownAs, null, "why", none), _model.ParkReversal(reverse.Id, knownAs, null, "why"));

            case 12 when reverse is not null:
                var onlyUnfound = _dice.Chance(0.5);
                return Both("finish", await _store.FinishReversalAsync(ReverseId(reverse), null, onlyUnfound, "why", none), _model.Finish(reverse.Id, null, onlyUnfound));

            default:
                var (wanted, original) = (authorise!.Reference, _dice.Chance(0.7) ? $"PSP{_dice.Below(3)}" : null);
                return Both("find", Words(await _store.FindReverseAsync(wanted, original, none)), Words(_model.FindReverse(wanted, original)));
        }

        static (string Name, string Postgres, string Model) Both<T>(string name, T postgres, T model) => (name, $"{postgres}", $"{model}");

        static string Words(FoundOperation? o) => o is null ? "none" : $"{o.Status} {o.AcquirerReference} gen {o.Generation} leased {o.Leased} finished {o.Finished} rung {o.Rung}";
    }

    /// <summary>What is due is claimed, and a reversal among it takes a rung, as the ladder would.</summary>
    private async Task<(string Name, string Postgres, string Model)> ClaimAsync(TimeSpan lease)
    {
        // A microsecond apart, the two clocks may see different things due.
        await Task.Delay(5);
        var claimed = await _store.ClaimAsync(modifications: false, 100, lease, CancellationToken.None);
        var ofModel = _model.Claim(modifications: false, 100, lease);
        var what = (string.Join(' ', claimed.Select(Words).Order()), string.Join(' ', ofModel.Select(Words).Order()));
        foreach (var reverse in claimed.Where(o => o.Kind == OperationKind.Reverse))
        {
            var its = ofModel.Single(o => o.PaymentId == reverse.PaymentId && o.Reference == reverse.Reference);
            if (_dice.Chance(0.2))
            {
                // By news, while the rung is under way.
                await _store.ParkReversalAsync(reverse.Id, reverse.AcquirerReference, null, "why", CancellationToken.None);
                _model.ParkReversal(its.Id, its.AcquirerReference, null, "why");
            }

            var next = _dice.Chance(0.5);
            var (there, here) = next
                ? (await _store.NextRungAsync(reverse, Hour, CancellationToken.None), _model.NextRung(its, Hour))
                : (await _store.SameRungAsync(reverse, Hour, Hour / 2, CancellationToken.None), _model.SameRung(its, Hour, Hour / 2));
            what = ($"{what.Item1} {there}", $"{what.Item2} {here}");
        }

        return ("claim", what.Item1, what.Item2);

        static string Words(ClaimedOperation o) => $"{o.PaymentId:N} {o.Kind} {o.Status} {o.Answer} {o.AcquirerReference} tries {o.Tries} base {o.LadderBase} gen {o.Generation} of {o.ReversedReference} {o.ReversedStatus}";
    }

    private TimeSpan _remaining;

    /// <summary>Reversals get their ids from who makes them, so that the two sides know them by number.</summary>
    private Guid ReverseId(ModelOperation reverse)
    {
        using var command = _database.General.CreateCommand($"select id from operations where reference = '{reverse.Reference}'");
        return (Guid)command.ExecuteScalar()!;
    }

    private async Task<Guid> CreateAsync(int number)
    {
        var id = Guid.CreateVersion7();
        await using var db = new GatewayDbContext(new DbContextOptionsBuilder<GatewayDbContext>().UseNpgsql(_database.General).Options);
        var at = TimeProvider.System.GetUtcNow();
        db.Add(Payment.Create(
            new NewPayment
            {
                Id = new PspTransactionId(id),
                MerchantSerialNumber = MerchantSerialNumber.Parse("123456"),
                Reference = MerchantOrderId.Parse($"order-{number:0000}"),
                Amount = Money.Nok(49_900),
                UserFlow = UserFlow.WebRedirect,
                ReturnReference = $"return-{number}",
                AcquirerAccount = "TheAccount",
                CallbackKeyId = "k1",
                CallbackExpiresAt = at.AddHours(1),
                CallbackTokenHash = [1],
                IdempotencyKey = $"key-{number}",
            },
            at,
            Hour));
        await db.SaveChangesAsync();
        _model.Payments[id] = new ModelPayment { Id = id, Amount = Money.Nok(49_900), TokenHash = [1], State = PaymentState.Created };
        return id;
    }

    private async Task<string> RowsAsync(Guid payment)
    {
        await using var command = _database.General.CreateCommand($"""
            select p.state || ' ' || p.authorised_minor || ' ' || p.captured_minor || ' ' || p.refunded_minor || ' ' || p.cancelled_minor
                || ' differences ' || (select count(*) from differences d where d.payment_id = p.id) || ' reports ' || (select count(*) from status_updates u where u.payment_id = p.id)
                || ' tokens ' || (select count(*) from sealed_tokens t where t.payment_id = p.id)
                || coalesce((select string_agg(E'\n' || concat_ws(' ', o.reference, o.status, coalesce(o.answer, '-'), coalesce(o.acquirer_reference, '-'), o.tries, o.ladder_base, o.generation,
                        o.due_at is not null, o.lease_until is not null, o.delivered_at is not null, o.finished_at is not null, o.parked_at is not null), '' order by o.reference)
                    from operations o where o.payment_id = p.id), '')
            from payments p where p.id = '{payment}'
            """);
        return (string)(await command.ExecuteScalarAsync())!;
    }

    private string RowsOfModel(Guid id)
    {
        var payment = _model.Payments[id];
        var operations = _model.Operations.Where(o => o.Payment == payment).ToList();
        var lines = operations.OrderBy(o => o.Reference, StringComparer.Ordinal).Select(o =>
            $"\n{o.Reference} {o.Status} {o.Answer?.ToString() ?? "-"} {o.AcquirerReference ?? "-"} {o.Tries} {o.LadderBase} {o.Generation} {Word(o.DueAt is not null)} {Word(o.LeaseUntil is not null)} {Word(o.Delivered)} {Word(o.Finished)} {Word(o.ParkedWhy is not null)}");
        var reports = _model.Reports.Count(r => r.PaymentId == id) + _model.ModificationReports.Count(r => r.Operation.Payment == payment);
        return $"{payment.State} {payment.AuthorisedMinor} {payment.CapturedMinor} {payment.RefundedMinor} {payment.CancelledMinor} differences {_model.Differences.Count(d => d.PaymentId == id)} reports {reports} tokens {operations.Count(o => _model.Tokens.ContainsKey(o.Id))}{string.Concat(lines)}";

        static string Word(bool value) => value ? "t" : "f";
    }
}
