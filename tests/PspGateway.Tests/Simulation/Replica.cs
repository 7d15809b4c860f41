using System.Security.Claims;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;
using Microsoft.IdentityModel.JsonWebTokens;
using PspGateway.Domain;
using PspGateway.Domain.Merchants;
using PspGateway.Domain.Operations;
using PspGateway.Domain.Payments;
using PspGateway.Payments;
using PspGateway.Storage.Rows;
using PspGateway.Vault;
using PspGateway.Vipps;
using PspGateway.Vipps.Wire;

namespace PspGateway.Tests.Simulation;

/// <summary>One process of the gateway: the engine's own classes, with the store, the acquirer, the clock and the thread simulated.</summary>
internal sealed class Replica : IDisposable
{
    private static readonly IOptions<DeadlineOptions> Deadlines = Options.Create(new DeadlineOptions());
    private static readonly IOptions<VippsOptions> Vipps = Options.Create(new VippsOptions());
    private readonly Scheduler _scheduler;
    private readonly ModelStore _model;
    private readonly SimulatedStore _store;
    private readonly MakePaymentEndpoint _endpoint;
    private readonly OperationWorker _worker;
    private readonly RefusalTakeover _takeover;
    private readonly AcquirerNews _news;
    private readonly ModificationNews _modified;
    private readonly ModelMerchantDoor _merchants;
    private readonly bool[] _drains = new bool[2];
    private bool _reads;

    public Replica(string name, Scheduler scheduler, ModelStore model, SharedFiles kept, DatabaseTrouble trouble, Func<SimulatedProcess, IAcquirer> acquirer, TimeSpan wallClockOff)
    {
        (_scheduler, _model) = (scheduler, model);
        Process = new SimulatedProcess(name, scheduler, wallClockOff);
        scheduler.Add(Process);
        _store = new SimulatedStore(model, scheduler, Process, trouble);
        var time = Process.Clock;
        var operations = new OperationOptions();
        foreach (var seconds in (double[])[0, 2, 5, 10, 20, 40, 75, 120])
        {
            operations.Backoff.Add(TimeSpan.FromSeconds(seconds));
        }

        var options = Options.Create(operations);
        var wallet = new PlainWallet();
        var signal = new QueueSignal();
        var answers = new PendingAnswers();
        var bank = acquirer(Process);
        var modifications = new SimulatedModifications(_store, model);
        var refusals = new Refusals(_store, modifications, answers, signal, wallet, time, NullLogger<Refusals>.Instance);
        var folder = new SimulatedRefusalFolder(kept, scheduler, Process, elsewhere: wallClockOff > TimeSpan.Zero);
        var lateRefusals = new LateRefusals(refusals, folder, time, NullLogger<LateRefusals>.Instance);
        _takeover = new RefusalTakeover(folder, lateRefusals, _store, time, NullLogger<RefusalTakeover>.Instance);
        var late = new LateDecisions(_store, wallet, answers, refusals, folder, signal, time, NullLogger<LateDecisions>.Instance);
        var marks = new DeliveredMarks(_store, answers, Options.Create(new ReportOptions()), time, NullLogger<DeliveredMarks>.Instance);
        var call = new AuthoriseCall(_store, bank, Deadlines, time, NullLogger<AuthoriseCall>.Instance);
        var gateway = Options.Create(new GatewayOptions { PublicBaseUrl = new Uri("https://gateway.example") });
        var ladder = new CancelLadder(_store, bank, signal, options, time, NullLogger<CancelLadder>.Instance);
        _news = new AcquirerNews(_store, modifications, ladder, signal, wallet, options, NullLogger<AcquirerNews>.Instance);
        var runner = new AuthoriseRunner(_store, new TokenVault(new OneKey()), call, null!, null!, wallet, late, _news, signal, options, gateway, time, NullLogger<AuthoriseRunner>.Instance);
        var approvals = new Approvals(_store, runner, answers, null!, new SharedReads(_store, time), new LateFails(_store, signal, wallet, time, NullLogger<LateFails>.Instance), late, wallet, time, NullLogger<Approvals>.Instance);
        var waits = new ModificationWaits(null!, time);
        var modifier = new ModificationRunner(modifications, bank, waits, signal, options, Options.Create(new AuthorisationLifeOptions()), time, NullLogger<ModificationRunner>.Instance);
        _modified = new ModificationNews(modifications, bank, waits, signal, NullLogger<ModificationNews>.Instance);
        _endpoint = new MakePaymentEndpoint(_store, approvals, refusals, lateRefusals, marks, late, Vipps, Deadlines, time, NullLogger<MakePaymentEndpoint>.Instance);
        _merchants = new ModelMerchantDoor(_store, model, answers, wallet, signal, time);
        _worker = new OperationWorker(_store, ladder, modifier, null!, signal, wallet, options, NullLogger<OperationWorker>.Instance);
        Process.Start(() => late.RunAsync(CancellationToken.None));
        Process.Start(() => marks.RunAsync(CancellationToken.None));
        Process.Start(() => lateRefusals.RunAsync(CancellationToken.None));
        TakeOver(atTheStart: true);
        Poll();
    }

    public SimulatedProcess Process { get; }

    public void Dispose()
    {
        _takeover.Dispose();
        _worker.Dispose();
    }

    /// <summary>When it last went on after a stop; never: -1.</summary>
    public long StoppedLast { get; private set; } = -1;

    /// <summary>SIGSTOP, and SIGCONT later.</summary>
    public void StopFor(TimeSpan time)
    {
        Process.Stop();
        _scheduler.Tell($"{Process.Name} is stopped");
        _scheduler.After(time, () =>
        {
            Process.Continue();
            StoppedLast = _scheduler.Now;
        });
    }

    /// <summary>The request as Kestrel hands it over once it is authenticated; what is written goes to <paramref name="answer"/>.</summary>
    public void MakePayment(Guid payment, string token, byte[] body, long? came, Stream answer, Action begun, Action<int> ended, CancellationToken gone)
    {
        var context = new DefaultHttpContext();
        context.Features.Set<IHttpRequestLifetimeFeature>(new Lifetime { RequestAborted = gone });
        context.User = new ClaimsPrincipal(new ClaimsIdentity([new Claim(JwtRegisteredClaimNames.Sub, payment.ToString("N")), new Claim(MakePaymentTokens.MerchantClaim, "123456")]));
        context.Request.Headers.Authorization = token;
        context.Request.ContentLength = body.Length;
        context.Request.Body = new MemoryStream(body, writable: false);
        context.Response.Body = answer;
        Process.Start(async () =>
        {
            begun();
            context.Features.Set<IFirstByteFeature>(new Stamp(came ?? _scheduler.Now, _scheduler.Now));
            await _endpoint.HandleAsync(context);
            ended(context.Response.StatusCode);
        });
    }

    /// <summary>The merchant cancels; true when it is told that the payment has ended.</summary>
    public void Cancel(Guid payment, Action<bool> answered) => Process.Start(async () => answered(await _merchants.CancelAsync(payment)));

    /// <summary>The merchant wants something done with what is authorised.</summary>
    public void Order(Guid payment, OperationKind kind, long? amountMinor) => Process.Start(() => _merchants.OrderAsync(payment, kind, amountMinor));

    /// <summary>Stored before it is acknowledged; false: the acquirer has to send it again.</summary>
    public void Receive(ModelNotification notification, Action<bool> acknowledge) => Process.Start(async () =>
    {
        try
        {
            await _store.WriteAsync(() => _model.Store(notification), CancellationToken.None);
            acknowledge(true);
        }
        catch (Exception)
        {
            acknowledge(false);
        }
    });

    private void TakeOver(bool atTheStart)
    {
        Process.Start(() => _takeover.LookAsync(atTheStart));
        _scheduler.After(RefusalTakeover.LooksEvery, () =>
        {
            if (Process.Alive)
            {
                TakeOver(atTheStart: false);
            }
        });
    }

    /// <summary>The workers' polls, a second apart, more or less.</summary>
    private void Poll()
    {
        if (!Process.Alive)
        {
            return;
        }

        Drain(ofModifications: false);
        Drain(ofModifications: true);
        if (!_reads && _model.Notifications.Exists(n => n.DueAt <= _scheduler.Now))
        {
            _reads = true;
            Process.Start(async () =>
            {
                try
                {
                    foreach (var notification in await _store.WriteAsync(_model.ClaimNotifications, CancellationToken.None))
                    {
                        await ApplyAsync(notification);
                    }
                }
                catch (Exception)
                {
                    // It comes again.
                }

                _reads = false;
            });
        }

        _scheduler.After(_scheduler.Between(0.5, 1.5), Poll);
    }

    private void Drain(bool ofModifications)
    {
        var place = ofModifications ? 1 : 0;
        if (_drains[place] || !_model.Operations.Exists(o => o.IsModification == ofModifications && o.DueAt <= _scheduler.Now))
        {
            return;
        }

        _drains[place] = true;
        Process.Start(async () =>
        {
            try
            {
                await _worker.DrainAsync(ofModifications, CancellationToken.None);
            }
            catch (Npgsql.NpgsqlException)
            {
                // The next pass runs.
            }

            _drains[place] = false;
        });
    }

    private async Task ApplyAsync(ModelNotification n)
    {
        var verdict = n.Kind switch
        {
            NotificationKind.Authorisation => await _news.AuthorisationAsync(n.MerchantReference, n.Account, n.PspReference, n.Success, CancellationToken.None),
            NotificationKind.Cancellation => await HearAsync(OperationKind.Cancel, n) is var heard and not NewsVerdict.Unknown
                ? heard
                : await _news.CancellationAsync(n.MerchantReference, n.Account, n.OriginalReference, n.Success, n.Tries, CancellationToken.None),
            NotificationKind.Capture or NotificationKind.CaptureUndone => await HearAsync(OperationKind.Capture, n),
            NotificationKind.Refund or NotificationKind.RefundUndone => await HearAsync(OperationKind.Refund, n),
            _ => await _news.TechnicalCancelAsync(n.MerchantReference, n.Account, n.Success, ProcessClock.Start + TimeSpan.FromTicks(n.ReceivedAt), CancellationToken.None),
        };
        _scheduler.Tell($"{Process.Name} {n.Kind} {n.Success}: {verdict}");
        if (verdict != NewsVerdict.Busy)
        {
            n.DueAt = null;
        }
    }

    /// <summary>As the acquirer's adapter tells it.</summary>
    private Task<NewsVerdict> HearAsync(OperationKind kind, ModelNotification n) => _modified.ApplyAsync(
        new ModificationHeard
        {
            Kind = kind,
            Reference = n.MerchantReference,
            Account = n.Account,
            AcquirerReference = n.PspReference,
            Failure = n.Kind is NotificationKind.CaptureUndone or NotificationKind.RefundUndone ? "UndoneAtAcquirer" : n.Success ? null : "FailedAtAcquirer",
            Amount = kind == OperationKind.Cancel ? null : (n.Amount.MinorUnits, n.Amount.Currency.ToString()),
        },
        CancellationToken.None);

    private sealed class Lifetime : IHttpRequestLifetimeFeature
    {
        public CancellationToken RequestAborted { get; set; }

        public void Abort()
        {
        }
    }

    private sealed record Stamp(long FirstByte, long FirstRead) : IFirstByteFeature
    {
        public void Next()
        {
        }
    }

    private sealed class OneKey : IEpochKeys
    {
        private static readonly EpochKey Key = new(Guid.Parse("11111111-1111-7111-8111-111111111111"), new byte[32]);

        public ValueTask<EpochKey> TodayAsync(CancellationToken cancellationToken) => ValueTask.FromResult(Key);

        public ValueTask<EpochKey> ByIdAsync(Guid id, CancellationToken cancellationToken) => ValueTask.FromResult(Key);
    }

    private sealed class PlainWallet : IWallet
    {
        public bool CanForceApprove => false;

        public byte[] AnswerOk(PspTransactionId id) => MakePaymentAnswer.Ok(id);

        public byte[] AnswerFail(PspTransactionId id, DeclineReason reason) => MakePaymentAnswer.Fail(id, VippsErrorId.Of(reason), errorIdAsString: false);

        public byte[] AnswerSoftDecline(PspTransactionId id, Uri page) => MakePaymentAnswer.SoftDecline(id, page, errorIdAsString: false);

        public CallbackCredential IssueCallback(PspTransactionId id, MerchantSerialNumber merchant, Money amount, DateTimeOffset at) => throw new NotSupportedException();

        public Task<InitiationOutcome> InitiateAsync(Initiation initiation, CancellationToken cancellationToken) => throw new NotSupportedException();

        public Task<string?> ForceApproveAsync(PspTransactionId id, MerchantSerialNumber merchant, string phoneNumber, string token, CancellationToken cancellationToken) => throw new NotSupportedException();
    }
}
