using System.Net;
using System.Net.Http.Headers;
using Google.Protobuf;
using Grpc.Core;
using Microsoft.AspNetCore.Http.Features;
using SshGateway.Feed;

namespace SshGateway.Operator.Feed;

/// <summary>The operator's end of one stream. One reader and one writer at a time; the two are independent.</summary>
internal sealed class FeedCall(IAsyncStreamReader<ProxyMessage> requests, IServerStreamWriter<SerializedMessage> responses, ServerCallContext context)
{
    /// <summary>RFC 9113 section 7.</summary>
    private const int Http2Cancel = 8;

    private readonly HttpContext _http = context.GetHttpContext();

    /// <summary>The token that the client sent, not verified; null when it sent none.</summary>
    public string? BearerToken =>
        AuthenticationHeaderValue.TryParse(_http.Request.Headers.Authorization, out AuthenticationHeaderValue? header)
        && "Bearer".Equals(header.Scheme, StringComparison.OrdinalIgnoreCase) ? header.Parameter : null;

    /// <summary>The client's address, for the log.</summary>
    public IPEndPoint Peer => new(_http.Connection.RemoteIpAddress ?? IPAddress.None, _http.Connection.RemotePort);

    /// <summary>Sends the response's headers: writes copy their message at once only after that.</summary>
    public Task BeginAsync() => context.WriteResponseHeadersAsync([]);

    /// <summary>Reads the next request; null after the client's last one. The call outlives a cancelled read.</summary>
    /// <exception cref="OperationCanceledException">The client is gone, or the read was cancelled.</exception>
    /// <exception cref="RpcException">The client sent something else than a message.</exception>
    public async Task<ProxyMessage?> ReadAsync(CancellationToken cancellationToken)
    {
        try
        {
            return await requests.MoveNext(cancellationToken) ? requests.Current : null;
        }
        catch (InvalidOperationException exception)
        {
            throw Gone(exception);
        }
        catch (Exception exception) when (exception is InvalidDataException or IOException && !context.CancellationToken.IsCancellationRequested)
        {
            // Not a fault of ours: the library would log it as an error, with a stack trace.
            throw new RpcException(new Status(StatusCode.Internal, $"cannot read a {nameof(ProxyMessage)}: {exception.Message}", exception));
        }
    }

    /// <summary>
    /// Sends one message. Completes when the connection has taken it: a slow client slows the writer. There is no
    /// token, because the library cancels the whole call with a write.
    /// </summary>
    /// <param name="serialized">A FeedMessage; it is copied before this returns.</param>
    /// <exception cref="OperationCanceledException">The client is gone.</exception>
    public async Task WriteAsync(ReadOnlyMemory<byte> serialized)
    {
        try
        {
            await responses.WriteAsync(new SerializedMessage(serialized));
        }
        catch (InvalidOperationException exception)
        {
            throw Gone(exception);
        }
    }

    /// <summary>Ends the call, and no other one of its connection, by RST_STREAM: its client takes nothing.</summary>
    public void Reset() => _http.Features.GetRequiredFeature<IHttpResetFeature>().Reset(Http2Cancel);

    private static OperationCanceledException Gone(Exception exception) => new("the client is gone", exception);
}
