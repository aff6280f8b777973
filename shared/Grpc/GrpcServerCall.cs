using System.IO.Pipelines;
using System.Net;
using System.Net.Http.Headers;
using Google.Protobuf;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;

namespace SshGateway.Shared.Grpc;

/// <summary>The server's end of one call. One reader and one writer at a time; the two are independent.</summary>
public sealed class GrpcServerCall<TRequest, TResponse>
    where TRequest : class, IMessage<TRequest>
    where TResponse : class, IMessage<TResponse>
{
    /// <summary>RFC 9113 section 7.</summary>
    private const int Http2Cancel = 8;

    private readonly HttpContext _context;
    private readonly GrpcMethod<TRequest, TResponse> _method;
    private readonly GrpcFrameReader _reader;

    internal GrpcServerCall(HttpContext context, GrpcMethod<TRequest, TResponse> method)
    {
        _context = context;
        _method = method;
        _reader = new GrpcFrameReader(context.Request.BodyReader, context.Request.Headers[GrpcHeaders.Encoding]);
    }

    /// <summary>What the client says to prove who it is; null when it says nothing. Whether it is true is for the handler to find out.</summary>
    public string? BearerToken
    {
        get
        {
            string? value = _context.Request.Headers.Authorization;
            return AuthenticationHeaderValue.TryParse(value, out AuthenticationHeaderValue? header)
                && GrpcHeaders.Bearer.Equals(header.Scheme, StringComparison.OrdinalIgnoreCase) ? header.Parameter : null;
        }
    }

    /// <summary>Where the client is, for the log.</summary>
    public IPEndPoint Peer => new(_context.Connection.RemoteIpAddress ?? IPAddress.None, _context.Connection.RemotePort);

    /// <summary>The next request message; null when the client has sent its last one.</summary>
    public ValueTask<TRequest?> ReadAsync(CancellationToken cancellationToken) =>
        _reader.ReadAsync(_method.RequestParser, cancellationToken);

    /// <summary>Sends one message. Completes when the connection has taken it: a slow client slows the writer.</summary>
    /// <exception cref="OperationCanceledException">The client is gone.</exception>
    public Task WriteAsync(TResponse message)
    {
        GrpcFrame.Write(_context.Response.BodyWriter, message);
        return FlushAsync();
    }

    /// <summary>Sends one message that is serialized already.</summary>
    /// <exception cref="OperationCanceledException">The client is gone.</exception>
    public Task WriteAsync(ReadOnlySpan<byte> serialized)
    {
        GrpcFrame.Write(_context.Response.BodyWriter, serialized);
        return FlushAsync();
    }

    /// <summary>
    /// Ends the call without a status, by RST_STREAM: for a client that takes nothing any more. Other calls on its
    /// connection live on.
    /// </summary>
    public void Cancel() => _context.Features.GetRequiredFeature<IHttpResetFeature>().Reset(Http2Cancel);

    private async Task FlushAsync()
    {
        FlushResult flushed = await _context.Response.BodyWriter.FlushAsync();
        if (flushed.IsCompleted || flushed.IsCanceled)
        {
            throw new OperationCanceledException("the client is gone");
        }
    }
}
