using System.Net;
using System.Net.Http.Headers;
using System.Net.Security;
using Google.Protobuf;
using Grpc.Core;
using Grpc.Net.Client;
using SshGateway.Feed;
using SshGateway.Feed.Client;
using SshGateway.Operator.Table;
using SshGateway.Tests.Integration.Grpc;
using SshGateway.Tests.Support;
using SshGateway.Tests.Support.Feed;
using SshGateway.Tests.Support.Grpc;
using Xunit;

namespace SshGateway.Tests.Integration.Feed;

/// <summary>The bounds of the operator's gRPC, as plain HTTP/2 requests meet them.</summary>
public sealed class FeedGrpcTests : IAsyncLifetime, IDisposable
{
    private const string HealthPath = "/grpc.health.v1.Health/Check";
    private const string WatchPath = "/sshgateway.v1.EndpointFeed/Watch";

    // HealthCheckRequest {}.
    private const string EmptyRequest = "0000000000";

    private readonly HttpClient _http = new(new SocketsHttpHandler { UseProxy = false });
    private FeedServer _server = null!;

    public async Task InitializeAsync()
    {
        _server = await FeedServer.StartAsync(new ManualTimeProvider());
        _server.Table.Apply([], [], default);
    }

    public async Task DisposeAsync() => await _server.DisposeAsync();

    public void Dispose() => _http.Dispose();

    [Fact]
    public async Task Health_needs_no_token_and_says_whether_the_table_is_complete()
    {
        using HttpResponseMessage filled = await SendAsync(HealthPath, EmptyRequest);
        await using FeedServer other = await FeedServer.StartAsync(new ManualTimeProvider());
        using HttpResponseMessage empty = await SendAsync(HealthPath, EmptyRequest, r => r.RequestUri = new Uri(other.Server.Address, HealthPath));

        // HealthCheckResponse { status: SERVING }, then { status: NOT_SERVING }.
        Assert.Equal("0000000002" + "0801", Convert.ToHexString(await filled.Content.ReadAsByteArrayAsync()));
        Assert.Equal("0000000002" + "0802", Convert.ToHexString(await empty.Content.ReadAsByteArrayAsync()));
        Assert.Equal("0", Status(filled));
    }

    [Theory]
    [InlineData("/grpc.health.v1.Health/Nothing", EmptyRequest, 12)]
    // Anyone may call it, and it would stay open.
    [InlineData("/grpc.health.v1.Health/Watch", EmptyRequest, 12)]
    [InlineData("/grpc.reflection.v1.ServerReflection/ServerReflectionInfo", "", 12)]
    [InlineData(HealthPath, "", 13)]
    [InlineData(HealthPath, EmptyRequest + EmptyRequest, 13)]
    [InlineData(HealthPath, "0100000000", 13)]
    [InlineData(HealthPath, "0000400001", 8)]
    [InlineData(HealthPath, "0000000005" + "0A03616263", 5)]
    [InlineData(WatchPath, "", 3)]
    [InlineData(WatchPath, "0000000001" + "0A", 13)]
    [InlineData(WatchPath, "0200000000", 13)]
    [InlineData(WatchPath, "0000400001", 8)]
    [InlineData(WatchPath, "00FFFFFFFF", 13)]
    public async Task A_call_that_is_wrong_ends_with_its_status(string path, string body, int status)
    {
        using HttpResponseMessage response = await SendAsync(path, body);
        await response.Content.ReadAsByteArrayAsync();

        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        Assert.Equal($"{status}", Status(response));
    }

    // The library takes gzip and deflate by default, from callers without a token too.
    [Theory]
    [InlineData(HealthPath, "gzip")]
    [InlineData(HealthPath, "deflate")]
    [InlineData(WatchPath, "gzip")]
    public async Task A_compressed_message_is_not_inflated(string path, string encoding)
    {
        using HttpResponseMessage response = await SendAsync(path, Convert.ToHexString(GzippedFrame.Of(new byte[5 * 1024 * 1024])), r => r.Headers.Add("grpc-encoding", encoding));
        await response.Content.ReadAsByteArrayAsync();

        Assert.Equal("12", Status(response));
    }

    // Serialized anew, the fields would come in the order of their numbers.
    [Fact]
    public async Task An_entry_is_sent_as_it_was_serialized_once_for_all_streams()
    {
        // pod_uid "u", session_id "a".
        byte[] wire = Convert.FromHexString("320175" + "0A0161");
        _server.Table.Apply([new TableEntry("a", "u", wire)], [], default);
        var bytes = Marshallers.Create(message => message, message => message);
        using GrpcChannel channel = OperatorChannel.Open(_server.Server.Address, null, null);
        using AsyncDuplexStreamingCall<byte[], byte[]> call = channel.CreateCallInvoker().AsyncDuplexStreamingCall(
            new Method<byte[], byte[]>(MethodType.DuplexStreaming, EndpointFeed.Descriptor.FullName, "Watch", bytes, bytes), null, default);
        await call.RequestStream.WriteAsync(new ProxyMessage { Hello = new Hello { ProxyId = "test" } }.ToByteArray());

        Assert.True(await call.ResponseStream.MoveNext(CancellationToken.None));
        Assert.Contains(Convert.ToHexString(wire), Convert.ToHexString(call.ResponseStream.Current), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("/readyz")]
    [InlineData("/metrics")]
    [InlineData("/internal/sessions/one/pod")]
    public async Task The_feeds_port_serves_the_feed_and_nothing_else(string path)
    {
        using var directory = new TemporaryDirectory();
        await using OperatorRun run = await OperatorRun.StartAsync(directory.Path);
        using var http = new HttpClient(new SocketsHttpHandler
        {
            // Whose certificate it is, other tests check.
            SslOptions = new SslClientAuthenticationOptions { RemoteCertificateValidationCallback = (_, certificate, _, _) => certificate is not null },
            UseProxy = false,
        });
        using var request = new HttpRequestMessage(HttpMethod.Get, $"https://127.0.0.1:{run.FeedPort}{path}")
        {
            Version = HttpVersion.Version20,
            VersionPolicy = HttpVersionPolicy.RequestVersionExact,
        };

        using HttpResponseMessage response = await http.SendAsync(request);

        Assert.Equal(HttpStatusCode.NotFound, response.StatusCode);
    }

    [Fact]
    public async Task A_defect_of_the_operator_is_not_told_to_the_caller()
    {
        await using TestServer server = await TestServer.StartAsync(_ => new StubFeed((_, _, _) => throw new InvalidOperationException("a secret")));
        using HttpResponseMessage response = await SendAsync(WatchPath, EmptyRequest, r => r.RequestUri = new Uri(server.Address, WatchPath));

        Assert.Equal("2", Status(response));
        Assert.DoesNotContain("secret", response.Headers.ToString() + response.TrailingHeaders, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Another_content_type_is_415()
    {
        using HttpResponseMessage response = await SendAsync(
            HealthPath, EmptyRequest, r => r.Content!.Headers.ContentType = new MediaTypeHeaderValue("application/json"));

        Assert.Equal(HttpStatusCode.UnsupportedMediaType, response.StatusCode);
    }

    private static string Status(HttpResponseMessage response) =>
        Assert.Single((response.Headers.Contains("grpc-status") ? response.Headers : response.TrailingHeaders).GetValues("grpc-status"));

    private Task<HttpResponseMessage> SendAsync(string path, string body, Action<HttpRequestMessage>? change = null)
    {
        var request = new HttpRequestMessage(HttpMethod.Post, new Uri(_server.Server.Address, path))
        {
            Version = HttpVersion.Version20,
            VersionPolicy = HttpVersionPolicy.RequestVersionExact,
            Content = new ByteArrayContent(Convert.FromHexString(body)),
        };
        request.Content.Headers.ContentType = new MediaTypeHeaderValue("application/grpc");
        change?.Invoke(request);
        return _http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead);
    }
}
