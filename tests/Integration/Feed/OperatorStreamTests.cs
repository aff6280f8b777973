using System.Net;
using System.Net.Sockets;
using Grpc.Core;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using SshGateway.Feed;
using SshGateway.Feed.Client;
using SshGateway.Tests.Integration.Grpc;
using SshGateway.Tests.Support.Grpc;
using Xunit;

namespace SshGateway.Tests.Integration.Feed;

/// <summary>What the proxy's end of a stream makes of a server's answers, good and bad.</summary>
public sealed class OperatorStreamTests
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(20);

    [Fact]
    public async Task Messages_go_both_ways_until_both_have_said_everything()
    {
        await using TestServer server = await TestServer.StartAsync(_ => new StubFeed(async (requests, responses, _) =>
        {
            while (await requests.MoveNext())
            {
                await responses.WriteAsync(new FeedMessage { Heartbeat = new Heartbeat { Sequence = requests.Current.Applied.Sequence } });
            }
        }));
        using OperatorStream stream = Open(server.Address);

        for (ulong i = 1; i <= 100; i++)
        {
            Assert.True(await stream.WriteAsync(Applied(i)));
            Assert.Equal(i, (await stream.ReadAsync())!.Heartbeat.Sequence);
        }
        await stream.CompleteAsync();
        Assert.Null(await stream.ReadAsync());
    }

    [Fact]
    public async Task A_stream_that_is_disposed_of_is_cancelled_at_the_operator()
    {
        var ended = new TaskCompletionSource<Exception>(TaskCreationOptions.RunContinuationsAsynchronously);
        await using TestServer server = await TestServer.StartAsync(_ => new StubFeed(async (requests, responses, context) =>
        {
            await responses.WriteAsync(new FeedMessage());
            ended.SetResult((await Record.ExceptionAsync(() => requests.MoveNext(context.CancellationToken)))!);
        }));
        OperatorStream stream = Open(server.Address);
        await stream.ReadAsync();

        stream.Dispose();

        Exception exception = await ended.Task.WaitAsync(Limit);
        Assert.True(exception is OperationCanceledException or IOException, exception.ToString());
    }

    [Fact]
    public async Task Reads_and_writes_end_with_the_streams_token()
    {
        var begun = new TaskCompletionSource();
        await using TestServer server = await TestServer.StartAsync(_ => new StubFeed(async (_, responses, context) =>
        {
            await responses.WriteAsync(new FeedMessage());
            begun.SetResult();
            await Task.Delay(Timeout.Infinite, context.CancellationToken);
        }));
        using var end = new CancellationTokenSource();
        using var stream = new OperatorStream(server.Address, null, null, end.Token);
        await stream.ReadAsync();
        Task<FeedMessage?> reading = stream.ReadAsync();

        await end.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => reading.WaitAsync(Limit));
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => stream.WriteAsync(Applied(1)));
    }

    [Fact]
    public async Task A_status_is_read_from_headers_and_from_trailers()
    {
        RpcException inHeaders = await FailAsync(context =>
        {
            // grpc-status in the headers wins over what the HTTP status says.
            context.Response.StatusCode = 503;
            context.Response.ContentType = "application/grpc";
            context.Response.Headers["grpc-status"] = "5";
            context.Response.Headers["grpc-message"] = "na%C3%AFve";
            return Task.CompletedTask;
        });
        RpcException inTrailers = await FailAsync(async context =>
        {
            await StartAsync(context);
            context.Response.AppendTrailer("grpc-status", "5");
            context.Response.AppendTrailer("grpc-message", "na%C3%AFve");
        });

        Assert.Equal((StatusCode.NotFound, "naïve"), (inHeaders.StatusCode, inHeaders.Status.Detail));
        Assert.Equal((StatusCode.NotFound, "naïve"), (inTrailers.StatusCode, inTrailers.Status.Detail));
    }

    [Theory]
    [InlineData("99")]
    [InlineData("-1")]
    [InlineData("no")]
    [InlineData(null)]
    public async Task A_status_that_there_is_not_is_a_failure_like_others(string? value) => await FailAsync(async context =>
    {
        await StartAsync(context);
        if (value is not null)
        {
            context.Response.AppendTrailer("grpc-status", value);
        }
    });

    [Theory]
    [InlineData(401, StatusCode.Unauthenticated)]
    [InlineData(404, StatusCode.Unimplemented)]
    [InlineData(503, StatusCode.Unavailable)]
    public async Task An_http_status_has_its_meaning(int httpStatus, StatusCode status)
    {
        RpcException failure = await FailAsync(context =>
        {
            context.Response.StatusCode = httpStatus;
            return Task.CompletedTask;
        });

        Assert.Equal(status, failure.StatusCode);
    }

    [Fact]
    public async Task A_server_that_speaks_no_grpc_is_told()
    {
        RpcException failure = await FailAsync(context =>
        {
            context.Response.ContentType = "text/html";
            return Task.CompletedTask;
        });

        Assert.Contains("text/html", failure.Status.Detail, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(0x2, StatusCode.Internal)]
    [InlineData(0x8, StatusCode.Cancelled)]
    [InlineData(0xb, StatusCode.ResourceExhausted)]
    [InlineData(0xc, StatusCode.PermissionDenied)]
    public async Task A_reset_has_its_meaning_before_and_after_the_headers(int errorCode, StatusCode status)
    {
        RpcException before = await FailAsync(context =>
        {
            context.Features.GetRequiredFeature<IHttpResetFeature>().Reset(errorCode);
            return Task.CompletedTask;
        });
        RpcException after = await FailAsync(async context =>
        {
            await StartAsync(context);
            context.Features.GetRequiredFeature<IHttpResetFeature>().Reset(errorCode);
        });

        Assert.Equal(status, before.StatusCode);
        Assert.Equal(status, after.StatusCode);
    }

    [Theory]
    // A message cut short.
    [InlineData("000000000901", StatusCode.Internal)]
    // 4 MiB and a byte.
    [InlineData("0000400001", StatusCode.ResourceExhausted)]
    public async Task A_frame_that_is_wrong_is_a_failure(string frame, StatusCode status)
    {
        RpcException failure = await FailAsync(async context =>
        {
            await StartAsync(context);
            await context.Response.Body.WriteAsync(Convert.FromHexString(frame));
            context.Response.AppendTrailer("grpc-status", "0");
        });

        Assert.Equal(status, failure.StatusCode);
    }

    [Fact]
    public async Task A_compressed_message_is_refused()
    {
        RpcException failure = await FailAsync(async context =>
        {
            context.Response.Headers["grpc-encoding"] = "gzip";
            await StartAsync(context);
            await context.Response.Body.WriteAsync(GzippedFrame.Of(new byte[5 * 1024 * 1024]));
        });

        Assert.Contains("gzip", failure.Status.Detail, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_server_that_is_not_there_fails_a_write_and_the_read_says_why()
    {
        using var unused = new TcpListener(IPAddress.Loopback, 0);
        unused.Start();
        int port = ((IPEndPoint)unused.LocalEndpoint).Port;
        unused.Stop();
        using OperatorStream stream = Open(new Uri($"http://127.0.0.1:{port}"));

        Assert.False(await stream.WriteAsync(Applied(1)));
        RpcException failure = await Assert.ThrowsAsync<RpcException>(stream.ReadAsync);

        Assert.Equal(StatusCode.Unavailable, failure.StatusCode);
        Assert.Contains("refused", failure.Status.Detail, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_connection_that_breaks_fails_writes_without_an_exception_of_the_socket()
    {
        var abort = new TaskCompletionSource();
        await using TestServer server = await TestServer.StartAsync(async context =>
        {
            await StartAsync(context);
            await abort.Task;
            context.Features.GetRequiredFeature<Microsoft.AspNetCore.Connections.Features.IConnectionLifetimeFeature>().Abort();
        });
        using OperatorStream stream = Open(server.Address);
        Assert.True(await stream.WriteAsync(Applied(1)));

        abort.SetResult();
        var writing = Task.Run(async () =>
        {
            while (await stream.WriteAsync(Applied(2)))
            {
            }
        });
        await writing.WaitAsync(Limit);

        Assert.Equal(StatusCode.Unavailable, (await Assert.ThrowsAsync<RpcException>(stream.ReadAsync)).StatusCode);
    }

    [Fact]
    public async Task What_came_before_the_end_is_read_after_a_write_that_failed()
    {
        await using TestServer server = await TestServer.StartAsync(_ => new StubFeed(async (_, responses, _) =>
        {
            await responses.WriteAsync(new FeedMessage { GoAway = new GoAway() });
            throw new RpcException(new Status(StatusCode.Unavailable, "ends"));
        }));
        using OperatorStream stream = Open(server.Address);
        var writing = Task.Run(async () =>
        {
            while (await stream.WriteAsync(Applied(1)))
            {
            }
        });
        await writing.WaitAsync(Limit);

        Assert.NotNull((await stream.ReadAsync())?.GoAway);
        RpcException end = await Assert.ThrowsAsync<RpcException>(stream.ReadAsync);
        Assert.Equal((StatusCode.Unavailable, "ends"), (end.StatusCode, end.Status.Detail));
    }

    [Fact]
    public async Task A_message_that_is_too_large_is_not_sent()
    {
        await using TestServer server = await TestServer.StartAsync(_ => new StubFeed((_, _, context) => Task.Delay(Timeout.Infinite, context.CancellationToken)));
        using OperatorStream stream = Open(server.Address);

        RpcException failure = await Assert.ThrowsAsync<RpcException>(() => stream.WriteAsync(
            new ProxyMessage { Hello = new Hello { ProxyId = new string('x', FeedLimits.MaxMessageBytes) } }));

        Assert.Equal(StatusCode.ResourceExhausted, failure.StatusCode);
    }

    [Fact]
    public async Task A_server_that_speaks_http_1_only_is_an_error_and_no_hang()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        Task answering = Task.Run(async () =>
        {
            using Socket socket = await listener.AcceptSocketAsync();
            await socket.SendAsync("HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n"u8.ToArray());
            await socket.ReceiveAsync(new byte[1024]);
        });
        using OperatorStream stream = Open(new Uri($"http://127.0.0.1:{((IPEndPoint)listener.LocalEndpoint).Port}"));

        await Assert.ThrowsAsync<RpcException>(() => stream.ReadAsync().WaitAsync(Limit));
        await answering;
    }

    private static OperatorStream Open(Uri address) => new(address, null, null, CancellationToken.None);

    private static ProxyMessage Applied(ulong sequence) => new() { Applied = new Applied { Sequence = sequence } };

    private static async Task<RpcException> FailAsync(RequestDelegate answer)
    {
        await using TestServer server = await TestServer.StartAsync(answer);
        using OperatorStream stream = Open(server.Address);
        return await Assert.ThrowsAsync<RpcException>(() => stream.ReadAsync().WaitAsync(Limit));
    }

    private static async Task StartAsync(HttpContext context)
    {
        context.Response.ContentType = "application/grpc";
        await context.Response.StartAsync();
        await context.Response.Body.FlushAsync();
    }
}
