using System.Net;
using System.Net.Sockets;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using SshGateway.Shared.Grpc;
using SshGateway.Shared.Protos;
using Xunit;

namespace SshGateway.Tests.Grpc;

/// <summary>What the client makes of a server's answers, good and bad.</summary>
public sealed class GrpcClientTests
{
    private static readonly HealthCheckRequest Request = new() { Service = "" };

    [Fact]
    public async Task Messages_go_both_ways_until_both_have_said_everything()
    {
        await using TestServer server = await TestServer.StartAsync((grpc, _) => grpc.AddDuplex(EndpointFeedMethods.Watch, async (call, cancellationToken) =>
        {
            while (await call.ReadAsync(cancellationToken) is { } message)
            {
                await call.WriteAsync(new FeedMessage { Heartbeat = new Heartbeat { Sequence = message.Applied.Sequence } });
            }
        }));
        using var client = new GrpcClient(server.Address);
        using GrpcClientCall<ProxyMessage, FeedMessage> call = client.Open(EndpointFeedMethods.Watch);

        for (ulong i = 1; i <= 100; i++)
        {
            await call.WriteAsync(new ProxyMessage { Applied = new Applied { Sequence = i } }, CancellationToken.None);
            Assert.Equal(i, (await call.ReadAsync(CancellationToken.None))!.Heartbeat.Sequence);
        }
        call.Complete();
        Assert.Null(await call.ReadAsync(CancellationToken.None));
    }

    [Fact]
    public async Task A_call_that_is_disposed_of_is_cancelled_at_the_server()
    {
        var ended = new TaskCompletionSource<Exception>(TaskCreationOptions.RunContinuationsAsynchronously);
        await using TestServer server = await TestServer.StartAsync((grpc, _) => grpc.AddDuplex(EndpointFeedMethods.Watch, async (call, cancellationToken) =>
        {
            await call.WriteAsync(new FeedMessage());
            ended.SetResult((await Record.ExceptionAsync(async () => await call.ReadAsync(cancellationToken)))!);
        }));
        using var client = new GrpcClient(server.Address);
        GrpcClientCall<ProxyMessage, FeedMessage> call = client.Open(EndpointFeedMethods.Watch);
        await call.ReadAsync(CancellationToken.None);

        call.Dispose();

        Exception exception = await ended.Task.WaitAsync(TimeSpan.FromSeconds(10));
        Assert.True(exception is OperationCanceledException or IOException, exception.ToString());
    }

    [Theory]
    [InlineData("5", "na%C3%AFve", GrpcStatusCode.NotFound, "naïve")]
    [InlineData("99", null, GrpcStatusCode.Unknown, "")]
    [InlineData("-1", null, GrpcStatusCode.Unknown, "")]
    [InlineData("no", null, GrpcStatusCode.Unknown, "")]
    public async Task A_status_is_read_from_headers_and_from_trailers(string value, string? message, GrpcStatusCode status, string decoded)
    {
        GrpcException inHeaders = await FailAsync(context =>
        {
            // grpc-status in the headers wins over what the HTTP status says.
            context.Response.StatusCode = 503;
            context.Response.Headers["grpc-status"] = value;
            context.Response.Headers["grpc-message"] = message;
            return Task.CompletedTask;
        });
        GrpcException inTrailers = await FailAsync(async context =>
        {
            await StartAsync(context);
            context.Response.AppendTrailer("grpc-status", value);
            context.Response.AppendTrailer("grpc-message", message);
        });

        Assert.Equal((status, decoded), (inHeaders.Status, inHeaders.Message));
        Assert.Equal((status, decoded), (inTrailers.Status, inTrailers.Message));
    }

    [Fact]
    public async Task Ok_in_the_headers_is_a_call_without_messages()
    {
        await using TestServer server = await TestServer.StartAsync(context =>
        {
            context.Response.Headers["grpc-status"] = "0";
            return Task.CompletedTask;
        });
        using var client = new GrpcClient(server.Address);
        using GrpcClientCall<HealthCheckRequest, HealthCheckResponse> call = client.Open(HealthMethods.Check);

        Assert.Null(await call.ReadAsync(CancellationToken.None));
    }

    [Fact]
    public async Task A_missing_status_is_an_error() => Assert.Equal(GrpcStatusCode.Internal, (await FailAsync(StartAsync)).Status);

    [Theory]
    [InlineData(400, GrpcStatusCode.Internal)]
    [InlineData(401, GrpcStatusCode.Unauthenticated)]
    [InlineData(403, GrpcStatusCode.PermissionDenied)]
    [InlineData(404, GrpcStatusCode.Unimplemented)]
    [InlineData(429, GrpcStatusCode.Unavailable)]
    [InlineData(500, GrpcStatusCode.Unknown)]
    [InlineData(502, GrpcStatusCode.Unavailable)]
    [InlineData(503, GrpcStatusCode.Unavailable)]
    [InlineData(504, GrpcStatusCode.Unavailable)]
    public async Task An_http_status_has_its_meaning(int httpStatus, GrpcStatusCode status)
    {
        GrpcException failure = await FailAsync(context =>
        {
            context.Response.StatusCode = httpStatus;
            return Task.CompletedTask;
        });

        Assert.Equal(status, failure.Status);
    }

    [Theory]
    [InlineData("text/html")]
    [InlineData(null)]
    public async Task A_server_that_speaks_no_grpc_is_told(string? contentType)
    {
        GrpcException failure = await FailAsync(context =>
        {
            context.Response.ContentType = contentType;
            return Task.CompletedTask;
        });

        Assert.Equal(GrpcStatusCode.Unknown, failure.Status);
        Assert.Contains(contentType ?? "(none)", failure.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(0x2, GrpcStatusCode.Internal)]
    [InlineData(0x8, GrpcStatusCode.Cancelled)]
    [InlineData(0xb, GrpcStatusCode.ResourceExhausted)]
    [InlineData(0xc, GrpcStatusCode.PermissionDenied)]
    public async Task A_reset_has_its_meaning_before_and_after_the_headers(int errorCode, GrpcStatusCode status)
    {
        GrpcException before = await FailAsync(context =>
        {
            context.Features.GetRequiredFeature<IHttpResetFeature>().Reset(errorCode);
            return Task.CompletedTask;
        });
        GrpcException after = await FailAsync(async context =>
        {
            await StartAsync(context);
            context.Features.GetRequiredFeature<IHttpResetFeature>().Reset(errorCode);
        });

        Assert.Equal(status, before.Status);
        Assert.Equal(status, after.Status);
    }

    [Fact]
    public async Task A_refused_stream_is_unavailable()
    {
        GrpcException failure = await FailAsync(context =>
        {
            context.Features.GetRequiredFeature<IHttpResetFeature>().Reset(0x7);
            return Task.CompletedTask;
        });

        Assert.Equal(GrpcStatusCode.Unavailable, failure.Status);
    }

    [Fact]
    public async Task A_frame_cut_short_is_an_error()
    {
        GrpcException failure = await FailAsync(async context =>
        {
            await StartAsync(context);
            await context.Response.Body.WriteAsync(new byte[] { 0, 0, 0, 0, 9, 1 });
            context.Response.AppendTrailer("grpc-status", "0");
        });

        Assert.Equal(GrpcStatusCode.Internal, failure.Status);
    }

    [Fact]
    public async Task A_server_that_is_not_there_is_unavailable_for_reads_and_writes()
    {
        using var unused = new TcpListener(IPAddress.Loopback, 0);
        unused.Start();
        int port = ((IPEndPoint)unused.LocalEndpoint).Port;
        unused.Stop();
        using var client = new GrpcClient(new Uri($"http://127.0.0.1:{port}"));
        using GrpcClientCall<HealthCheckRequest, HealthCheckResponse> call = client.Open(HealthMethods.Check);

        Assert.Equal(GrpcStatusCode.Unavailable, (await Assert.ThrowsAsync<GrpcException>(() => call.WriteAsync(Request, CancellationToken.None))).Status);
        Assert.Equal(GrpcStatusCode.Unavailable, (await Assert.ThrowsAsync<GrpcException>(async () => await call.ReadAsync(CancellationToken.None))).Status);
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
        using var client = new GrpcClient(new Uri($"http://127.0.0.1:{((IPEndPoint)listener.LocalEndpoint).Port}"));
        using GrpcClientCall<HealthCheckRequest, HealthCheckResponse> call = client.Open(HealthMethods.Check);

        await Assert.ThrowsAsync<GrpcException>(async () => await call.ReadAsync(CancellationToken.None).AsTask().WaitAsync(TimeSpan.FromSeconds(10)));
        await answering;
    }

    private static async Task<GrpcException> FailAsync(RequestDelegate answer)
    {
        await using TestServer server = await TestServer.StartAsync(answer);
        using var client = new GrpcClient(server.Address);
        using GrpcClientCall<HealthCheckRequest, HealthCheckResponse> call = client.Open(HealthMethods.Check);
        return await Assert.ThrowsAsync<GrpcException>(async () => await call.ReadAsync(CancellationToken.None).AsTask().WaitAsync(TimeSpan.FromSeconds(10)));
    }

    private static async Task StartAsync(HttpContext context)
    {
        context.Response.ContentType = "application/grpc";
        await context.Response.StartAsync();
        await context.Response.Body.FlushAsync();
    }
}
