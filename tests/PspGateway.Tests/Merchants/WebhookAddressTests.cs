using System.Net;
using Microsoft.Extensions.Options;
using PspGateway.Merchants.Webhooks;

namespace PspGateway.Tests.Merchants;

/// <summary>Where merchants may not send us: every form of an address that is not public, at registration and when a name changes its meaning.</summary>
public sealed class WebhookAddressTests
{
    private static readonly WebhookAddress Addresses = new(Options.Create(new WebhookOptions()));

    [Theory]
    [InlineData("127.0.0.1")]
    [InlineData("127.1")]
    [InlineData("127.255.255.254")]
    [InlineData("2130706433")]
    [InlineData("0x7f000001")]
    [InlineData("0x7f.0.0.1")]
    [InlineData("0x7f.1")]
    [InlineData("0177.0.0.1")]
    [InlineData("017700000001")]
    [InlineData("0177.0x0.0.1")]
    [InlineData("localhost")]
    [InlineData("LOCALHOST")]
    [InlineData("localhost.")]
    [InlineData("shop.localhost")]
    [InlineData("printer.local")]
    [InlineData("metadata.google.internal")]
    [InlineData("0.0.0.0")]
    [InlineData("0")]
    [InlineData("0.1.2.3")]
    [InlineData("10.0.0.1")]
    [InlineData("10.255.255.255")]
    [InlineData("172.16.0.1")]
    [InlineData("172.31.255.255")]
    [InlineData("192.168.1.1")]
    [InlineData("168.63.129.16")]
    [InlineData("169.254.169.254")]
    [InlineData("169.254.170.2")]
    [InlineData("2852039166")]
    [InlineData("0xa9fea9fe")]
    [InlineData("100.64.0.1")]
    [InlineData("100.100.100.200")]
    [InlineData("192.0.0.192")]
    [InlineData("192.0.2.1")]
    [InlineData("198.18.0.1")]
    [InlineData("198.51.100.7")]
    [InlineData("203.0.113.9")]
    [InlineData("192.88.99.1")]
    [InlineData("224.0.0.1")]
    [InlineData("239.255.255.250")]
    [InlineData("240.0.0.1")]
    [InlineData("255.255.255.255")]
    [InlineData("[::1]")]
    [InlineData("[::]")]
    [InlineData("[0:0:0:0:0:0:0:1]")]
    [InlineData("[::ffff:127.0.0.1]")]
    [InlineData("[::ffff:7f00:1]")]
    [InlineData("[::ffff:10.0.0.1]")]
    [InlineData("[::ffff:a9fe:a9fe]")]
    [InlineData("[::127.0.0.1]")]
    [InlineData("[64:ff9b::7f00:1]")]
    [InlineData("[64:ff9b:1::a00:1]")]
    [InlineData("[2002:7f00:1::]")]
    [InlineData("[2001:0:4136:e378:8000:63bf:3fff:fdd2]")]
    [InlineData("[fe80::1]")]
    [InlineData("[fec0::1]")]
    [InlineData("[fc00::1]")]
    [InlineData("[fd00:ec2::254]")]
    [InlineData("[ff02::1]")]
    [InlineData("[2001:db8::1]")]
    [InlineData("[100::1]")]
    [InlineData("[3fff::1]")]
    [InlineData("[5f00::1]")]
    public async Task An_address_that_is_not_public_is_refused(string host) => Assert.NotNull(await Addresses.ProblemOfAsync($"https://{host}/hook", TestContext.Current.CancellationToken));

    [Theory]
    [InlineData("https://93.184.215.14/hook")]
    [InlineData("https://[2606:2800:21f:cb07:6820:80da:af6b:8b2c]/hook")]
    [InlineData("https://no-such-name.invalid/hook")]
    [InlineData("https://93.184.215.14:8443/hook?shop=7")]
    public async Task A_public_address_and_a_name_that_does_not_resolve_yet_are_taken(string url) => Assert.Null(await Addresses.ProblemOfAsync(url, TestContext.Current.CancellationToken));

    [Theory]
    [InlineData("http://93.184.215.14/hook")]
    [InlineData("https://user@93.184.215.14/hook")]
    [InlineData("https://93.184.215.14/hook#part")]
    [InlineData("https://93.184.215.14/ho ok")]
    [InlineData("file:///etc/passwd")]
    [InlineData("gopher://93.184.215.14/")]
    [InlineData("//93.184.215.14/hook")]
    [InlineData("93.184.215.14/hook")]
    [InlineData("https://")]
    public async Task An_address_that_is_none_of_the_kind_is_refused(string url) => Assert.NotNull(await Addresses.ProblemOfAsync(url, TestContext.Current.CancellationToken));

    [Theory]
    [InlineData("localhost")]
    [InlineData("127.0.0.1")]
    public async Task A_name_that_means_something_else_by_now_is_not_connected_to(string host)
    {
        using var handler = new SocketsHttpHandler { ConnectCallback = Addresses.ConnectAsync, UseProxy = false };
        using var client = new HttpClient(handler);
        using var listener = new System.Net.Sockets.TcpListener(IPAddress.Loopback, 0);
        listener.Start();

        var refused = await Assert.ThrowsAsync<HttpRequestException>(() => client.GetAsync(new Uri($"https://{host}:{((IPEndPoint)listener.LocalEndpoint).Port}/"), TestContext.Current.CancellationToken));

        Assert.IsType<ForbiddenAddressException>(refused.InnerException);
        Assert.False(listener.Pending());
    }

    [Theory]
    [InlineData("https://[2001:db8::1]:8443/x", "[2001:db8::1]:8443")]
    [InlineData("https://[2001:db8::1]/x", "[2001:db8::1]")]
    [InlineData("https://bl\u00e5b\u00e6r.example/x", "xn--blbr-roah.example")]
    public void A_host_is_named_as_HTTP_names_it(string url, string host)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, url);

        WebhookSignature.Sign(request, [], "secret", DateTimeOffset.UnixEpoch);

        Assert.Equal(host, request.Headers.Host);
    }

    [Fact]
    public void The_published_vector_of_the_signature_is_met()
    {
        var body = """{"some-unique-content":"ee6e441b-cc4a-46f8-895d-a5af79bcc233/hello-world"}"""u8.ToArray();
        using var request = new HttpRequestMessage(HttpMethod.Post, "https://webhook.site/e2cee29b-012e-4f1d-8ef4-e95fd74a7a63");

        WebhookSignature.Sign(request, body, "A0+AeKBRG2KRGvnNwJpQlb6IJFk48CKXCIcrLoHncVJKDILsQSxS6NWCccwWm6r6FhGKhiHTBsG2wo/xU6FY/A==", new DateTimeOffset(2023, 3, 30, 8, 38, 32, TimeSpan.Zero));

        Assert.Equal("lNlsp1XA03N34HrQsVzPgJKtC+r7l/RBF4V3JQUWMj4=", request.Headers.GetValues("x-ms-content-sha256").Single());
        Assert.Equal("HMAC-SHA256 SignedHeaders=x-ms-date;host;x-ms-content-sha256&Signature=agAiSyogQbDHpeucoNwYz+yAr5nJ+v+zasdkSbqzv+U=", request.Headers.GetValues("Authorization").Single());
    }
}
