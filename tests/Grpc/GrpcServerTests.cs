using System.Net;
using System.Net.Http.Headers;
using SshGateway.Shared.Grpc;
using SshGateway.Shared.Protos;
using SshGateway.Tests.Support;
using Xunit;

namespace SshGateway.Tests.Grpc;

/// <summary>The server's answers, as plain HTTP/2 requests see them.</summary>
public sealed class GrpcServerTests : IAsyncLifetime, IDisposable
{
    private const string HealthPath = "/grpc.health.v1.Health/Check";

    // HealthCheckRequest {}.
    private const string EmptyRequest = "0000000000";

    private readonly HttpClient _http = new(new SocketsHttpHandler { UseProxy = false });
    private readonly ManualTimeProvider _time = new();
    private readonly TaskCompletionSource _waiting = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private TestServer _server = null!;

    public async Task InitializeAsync() => _server = await TestServer.StartAsync(
        (grpc, _) =>
        {
            grpc.AddHealth("test.Service", () => true);
            grpc.AddUnary(HealthMethods.Check with { Name = "Fail" }, (_, _) => throw new InvalidOperationException("a secret"));
            grpc.AddDuplex(EndpointFeedMethods.Watch, async (call, cancellationToken) =>
            {
                _waiting.TrySetResult();
                await call.ReadAsync(cancellationToken);
                throw new GrpcException(GrpcStatusCode.Aborted, "100% naïve");
            });
        },
        _time);

    public async Task DisposeAsync() => await _server.DisposeAsync();

    public void Dispose() => _http.Dispose();

    [Fact]
    public async Task A_unary_call_is_answered_with_headers_a_frame_and_trailers()
    {
        using HttpResponseMessage response = await SendAsync(HealthPath, EmptyRequest);

        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        Assert.Equal(HttpVersion.Version20, response.Version);
        Assert.Equal("application/grpc", response.Content.Headers.ContentType!.ToString());
        Assert.Equal("identity", Assert.Single(response.Headers.GetValues("grpc-accept-encoding")));
        // HealthCheckResponse { status: SERVING }.
        Assert.Equal("0000000002" + "0801", Convert.ToHexString(await response.Content.ReadAsByteArrayAsync()));
        Assert.Equal("0", Assert.Single(response.TrailingHeaders.GetValues("grpc-status")));
        Assert.False(response.TrailingHeaders.Contains("grpc-message"));
    }

    [Theory]
    [InlineData("/grpc.health.v1.Health/Nothing", EmptyRequest, 12)]
    [InlineData("/grpc.health.v1.health/Check", EmptyRequest, 12)]
    [InlineData("/", EmptyRequest, 12)]
    [InlineData(HealthPath, "", 13)]
    [InlineData(HealthPath, EmptyRequest + EmptyRequest, 13)]
    [InlineData(HealthPath, "00000000", 13)]
    [InlineData(HealthPath, "0100000000", 13)]
    [InlineData(HealthPath, "0000400001", 8)]
    [InlineData(HealthPath, "0000000005" + "0A03616263", 5)]
    [InlineData("/grpc.health.v1.Health/Fail", EmptyRequest, 2)]
    public async Task A_call_that_fails_early_is_answered_with_trailers_only(string path, string body, int status)
    {
        using HttpResponseMessage response = await SendAsync(path, body);

        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        Assert.Equal($"{status}", Assert.Single(response.Headers.GetValues("grpc-status")));
        Assert.NotEqual("", Assert.Single(response.Headers.GetValues("grpc-message")));
        Assert.DoesNotContain("secret", response.Headers.ToString(), StringComparison.Ordinal);
        Assert.Empty(await response.Content.ReadAsByteArrayAsync());
        Assert.Empty(response.TrailingHeaders);
    }

    [Fact]
    public async Task A_compressed_message_of_another_encoding_is_unimplemented()
    {
        using HttpResponseMessage response = await SendAsync(HealthPath, "0100000000", r => r.Headers.Add("grpc-encoding", "gzip"));

        Assert.Equal("12", Assert.Single(response.Headers.GetValues("grpc-status")));
    }

    [Fact]
    public async Task A_status_after_the_headers_comes_in_trailers_with_its_message_encoded()
    {
        using HttpResponseMessage response = await SendAsync(EndpointFeedMethods.Watch.Path, "");

        Assert.False(response.Headers.Contains("grpc-status"));
        Assert.Empty(await response.Content.ReadAsByteArrayAsync());
        Assert.Equal("10", Assert.Single(response.TrailingHeaders.GetValues("grpc-status")));
        Assert.Equal("100%25 na%C3%AFve", Assert.Single(response.TrailingHeaders.GetValues("grpc-message")));
    }

    [Theory]
    [InlineData("application/json")]
    [InlineData("application/grpc-web+proto")]
    public async Task Another_content_type_is_415(string contentType)
    {
        using HttpResponseMessage response = await SendAsync(
            HealthPath, EmptyRequest, r => r.Content!.Headers.ContentType = new MediaTypeHeaderValue(contentType));

        Assert.Equal(HttpStatusCode.UnsupportedMediaType, response.StatusCode);
    }

    [Fact]
    public async Task Another_method_than_post_is_405()
    {
        using HttpResponseMessage response = await SendAsync(HealthPath, EmptyRequest, r => r.Method = HttpMethod.Put);

        Assert.Equal(HttpStatusCode.MethodNotAllowed, response.StatusCode);
    }

    [Fact]
    public async Task A_deadline_that_passes_ends_the_call()
    {
        using var content = new NeverEndingContent();
        Task<HttpResponseMessage> sending = SendAsync(EndpointFeedMethods.Watch.Path, "", r =>
        {
            r.Headers.Add("grpc-timeout", "3S");
            r.Content = content;
        });
        await _waiting.Task.WaitAsync(TimeSpan.FromSeconds(10));

        _time.Advance(TimeSpan.FromSeconds(3));

        using HttpResponseMessage response = await sending;
        await response.Content.ReadAsByteArrayAsync();
        Assert.Equal("4", Assert.Single(response.TrailingHeaders.GetValues("grpc-status")));
    }

    [Fact]
    public async Task A_timeout_that_cannot_be_read_is_refused()
    {
        using HttpResponseMessage response = await SendAsync(HealthPath, EmptyRequest, r => r.Headers.Add("grpc-timeout", "soon"));

        Assert.Equal("13", Assert.Single(response.Headers.GetValues("grpc-status")));
    }

    private Task<HttpResponseMessage> SendAsync(string path, string body, Action<HttpRequestMessage>? change = null)
    {
        var request = new HttpRequestMessage(HttpMethod.Post, new Uri(_server.Address, path))
        {
            Version = HttpVersion.Version20,
            VersionPolicy = HttpVersionPolicy.RequestVersionExact,
            Content = new ByteArrayContent(Convert.FromHexString(body)),
        };
        request.Content.Headers.ContentType = new MediaTypeHeaderValue("application/grpc");
        change?.Invoke(request);
        return _http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead);
    }

    /// <summary>A body that is open until it is disposed of.</summary>
    private sealed class NeverEndingContent : HttpContent
    {
        private readonly TaskCompletionSource _end = new();

        public NeverEndingContent() => Headers.ContentType = new MediaTypeHeaderValue("application/grpc");

        protected override async Task SerializeToStreamAsync(Stream stream, TransportContext? context)
        {
            await stream.FlushAsync();
            await _end.Task;
        }

        protected override bool TryComputeLength(out long length)
        {
            length = 0;
            return false;
        }

        protected override void Dispose(bool disposing)
        {
            _end.TrySetResult();
            base.Dispose(disposing);
        }
    }
}
