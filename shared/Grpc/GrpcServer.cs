using Google.Protobuf;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Server.Kestrel.Core.Features;
using Microsoft.Extensions.Logging;

namespace SshGateway.Shared.Grpc;

/// <summary>
/// The server side of gRPC over Kestrel's HTTP/2: finds the method, checks the request and ends each call with its
/// status. The endpoint's protocol must be exactly Http2. Routing is not used, because it ignores case and gRPC does not.
/// </summary>
public sealed class GrpcServer(TimeProvider time, ILogger<GrpcServer> logger)
{
    // A timer's limit; a deadline this far away is none.
    private static readonly TimeSpan LongestDeadline = TimeSpan.FromDays(24);

    private readonly Dictionary<string, Func<HttpContext, CancellationToken, Task>> _methods = new(StringComparer.Ordinal);

    /// <summary>Adds a method with one request and one response.</summary>
    public void AddUnary<TRequest, TResponse>(
        GrpcMethod<TRequest, TResponse> method, Func<TRequest, CancellationToken, ValueTask<TResponse>> handler)
        where TRequest : class, IMessage<TRequest>
        where TResponse : class, IMessage<TResponse> =>
        _methods.Add(method.Path, async (context, cancellationToken) =>
        {
            var call = new GrpcServerCall<TRequest, TResponse>(context, method);
            TRequest request = await call.ReadAsync(cancellationToken)
                ?? throw new GrpcException(GrpcStatusCode.Internal, $"{method.Path} takes one message; none came");
            if (await call.ReadAsync(cancellationToken) is not null)
            {
                throw new GrpcException(GrpcStatusCode.Internal, $"{method.Path} takes one message; more came");
            }
            await call.WriteAsync(await handler(request, cancellationToken));
        });

    /// <summary>Adds a method that streams both ways. Its response headers are sent before the handler runs.</summary>
    public void AddDuplex<TRequest, TResponse>(
        GrpcMethod<TRequest, TResponse> method, Func<GrpcServerCall<TRequest, TResponse>, CancellationToken, Task> handler)
        where TRequest : class, IMessage<TRequest>
        where TResponse : class, IMessage<TResponse> =>
        _methods.Add(method.Path, async (context, cancellationToken) =>
        {
            await context.Response.StartAsync(cancellationToken);
            await context.Response.BodyWriter.FlushAsync(cancellationToken);
            await handler(new GrpcServerCall<TRequest, TResponse>(context, method), cancellationToken);
        });

    /// <summary>Answers one HTTP request.</summary>
    public async Task HandleAsync(HttpContext context)
    {
        HttpResponse response = context.Response;
        if (!HttpMethods.IsPost(context.Request.Method))
        {
            response.StatusCode = StatusCodes.Status405MethodNotAllowed;
            response.Headers.Allow = HttpMethods.Post;
            return;
        }
        if (!GrpcHeaders.IsGrpcContentType(context.Request.ContentType))
        {
            response.StatusCode = StatusCodes.Status415UnsupportedMediaType;
            return;
        }
        response.ContentType = GrpcHeaders.ContentType;
        response.Headers[GrpcHeaders.AcceptEncoding] = GrpcHeaders.Identity;
        // Calls live for days and may be silent for long.
        context.Features.GetRequiredFeature<IHttpMinRequestBodyDataRateFeature>().MinDataRate = null;
        context.Features.GetRequiredFeature<IHttpMaxRequestBodySizeFeature>().MaxRequestBodySize = null;

        GrpcException? failure = await RunAsync(context);
        if (context.RequestAborted.IsCancellationRequested)
        {
            return;
        }
        End(response, failure);
    }

    private async Task<GrpcException?> RunAsync(HttpContext context)
    {
        string path = context.Request.Path.Value ?? "";
        if (!_methods.TryGetValue(path, out Func<HttpContext, CancellationToken, Task>? method))
        {
            return new GrpcException(GrpcStatusCode.Unimplemented, $"there is no method {path}");
        }
        TimeSpan deadline = Timeout.InfiniteTimeSpan;
        string? timeout = context.Request.Headers[GrpcHeaders.Timeout];
        if (timeout is not null)
        {
            if (!GrpcTimeout.TryParse(timeout, out deadline))
            {
                return new GrpcException(GrpcStatusCode.Internal, $"{GrpcHeaders.Timeout} is not 1 to 8 digits and a unit out of H, M, S, m, u, n");
            }
            deadline = deadline < LongestDeadline ? deadline : Timeout.InfiniteTimeSpan;
        }
        using var expiry = new CancellationTokenSource(deadline, time);
        using var end = CancellationTokenSource.CreateLinkedTokenSource(expiry.Token, context.RequestAborted);
        try
        {
            await method(context, end.Token);
            return null;
        }
        catch (GrpcException exception)
        {
            return exception;
        }
        catch (OperationCanceledException exception) when (expiry.IsCancellationRequested)
        {
            return new GrpcException(GrpcStatusCode.DeadlineExceeded, "the call's deadline has passed", exception);
        }
        catch (Exception exception) when (exception is OperationCanceledException or IOException)
        {
            return new GrpcException(GrpcStatusCode.Cancelled, "the client is gone", exception);
        }
#pragma warning disable CA1031 // A handler's defect must end its call with a status and be seen, not reach the client as a reset stream.
        catch (Exception exception)
#pragma warning restore CA1031
        {
            GrpcLog.HandlerFailed(logger, exception, path);
            return new GrpcException(GrpcStatusCode.Unknown, "the server failed; its log says why", exception);
        }
    }

    // Trailers-only while no header has left: status and headers then share one frame.
    private static void End(HttpResponse response, GrpcException? failure)
    {
        GrpcStatusCode status = failure?.Status ?? GrpcStatusCode.Ok;
        Set(GrpcHeaders.Status, ((int)status).ToString(System.Globalization.CultureInfo.InvariantCulture));
        if (failure is not null)
        {
            Set(GrpcHeaders.Message, GrpcStatusMessage.Encode(failure.Message));
        }

        void Set(string name, string value)
        {
            if (response.HasStarted)
            {
                response.AppendTrailer(name, value);
            }
            else
            {
                response.Headers[name] = value;
            }
        }
    }
}
