namespace PspGateway.Simulator.Vipps;

/// <summary>Vipps' way to say 400: a JSON array, each error with a code that is a string and not always a number.</summary>
internal sealed class VippsErrors
{
    private readonly List<object> _errors = [];

    public bool Any => _errors.Count > 0;

    public static Answer One(int status, string errorCode, string errorMessage) =>
        new VippsErrors().Add(errorCode, errorMessage).Answer(status);

    public VippsErrors Add(string errorCode, string errorMessage)
    {
        _errors.Add(new { errorCode, errorMessage, contextId = Guid.NewGuid().ToString() });
        return this;
    }

    public Answer Answer(int status = StatusCodes.Status400BadRequest) => Simulator.Answer.Json(status, _errors);
}
