using System.Net.Sockets;
using Microsoft.Extensions.Options;
using PspGateway.Acquirers.Adyen;

namespace PspGateway.Tests.Acquirers;

public sealed class AdyenClientTests
{
    /// <summary>As .NET's handler throws them: whatever breaks is an answer that nobody knows, and only what surely never left is not sent.</summary>
    public static TheoryData<Exception, bool> Breaks() => new()
    {
        { new SocketException((int)SocketError.NotConnected), true },
        { new IOException("The response ended prematurely."), true },
        { new HttpRequestException(HttpRequestError.ResponseEnded), true },
        { new HttpRequestException(HttpRequestError.ConnectionError), false },
        { new HttpRequestException(HttpRequestError.NameResolutionError), false },
        { new TaskCanceledException("connect", new TimeoutException()), false },
        { new TaskCanceledException("ours"), true },
    };

    [Theory]
    [MemberData(nameof(Breaks), DisableDiscoveryEnumeration = true)]
    public async Task A_call_that_breaks_has_no_answer_and_says_whether_it_may_have_been_sent(Exception exception, bool sent)
    {
        var client = new AdyenClient(new Clients(exception), Options.Create(new AdyenOptions { BaseUrl = new Uri("https://acquirer.example/v72") }));

        var answer = await client.PostAsync("/payments", [1], "key", CancellationToken.None);

        Assert.Equal((null, sent), (answer.Status, answer.Sent));
    }

    private sealed class Clients(Exception exception) : IHttpClientFactory
    {
        public HttpClient CreateClient(string name) => new(new Breaking(exception), disposeHandler: true);
    }

    private sealed class Breaking(Exception exception) : HttpMessageHandler
    {
        protected override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken) => Task.FromException<HttpResponseMessage>(exception);
    }
}
