using System.Net;
using Grpc.Core;
using Grpc.Net.Client;

namespace SshGateway.Feed.Client;

/// <summary>
/// Our end of one stream, on a connection of its own. One reader and one writer at a time; the two are
/// independent. Disposing it ends the stream.
/// </summary>
internal sealed class OperatorStream : IDisposable
{
    private readonly CancellationToken _cancellationToken;
    private readonly GrpcChannel _channel;
    private readonly AsyncDuplexStreamingCall<ProxyMessage, FeedMessage> _call;

    /// <summary>Begins to connect. A failure shows at the first read.</summary>
    /// <param name="address">https://host:port, or without credentials http://host:port.</param>
    /// <param name="credentials">Whom to trust, and who we are; null: nobody asks.</param>
    /// <param name="endPoint">The one of the host's addresses to connect to; null: the first that answers.</param>
    /// <param name="cancellationToken">
    /// Ends the stream. Reads and writes have no tokens, because the library cancels the whole call with one of them.
    /// </param>
    public OperatorStream(Uri address, OperatorCredentials? credentials, IPEndPoint? endPoint, CancellationToken cancellationToken)
    {
        _cancellationToken = cancellationToken;
        _channel = OperatorChannel.Open(address, credentials, endPoint);
        _call = new EndpointFeed.EndpointFeedClient(_channel).Watch(OperatorChannel.Headers(credentials), cancellationToken: cancellationToken);
    }

    /// <summary>The next message; null when the operator ended the stream with OK.</summary>
    /// <exception cref="RpcException">It ended with another status, or without one.</exception>
    /// <exception cref="OperationCanceledException">The stream's token was cancelled.</exception>
    public async Task<FeedMessage?> ReadAsync()
    {
        try
        {
            return await _call.ResponseStream.MoveNext(CancellationToken.None) ? _call.ResponseStream.Current : null;
        }
        catch (RpcException) when (_cancellationToken.IsCancellationRequested)
        {
            throw new OperationCanceledException(_cancellationToken);
        }
    }

    /// <summary>Sends one message.</summary>
    /// <returns>
    /// False when the stream has ended. A failed write does not know why: its exception is a cancellation or that of
    /// the socket. The next reads do, and they still get what came before the end.
    /// </returns>
    /// <exception cref="RpcException">The message is too large.</exception>
    /// <exception cref="OperationCanceledException">The stream's token was cancelled.</exception>
    public async Task<bool> WriteAsync(ProxyMessage message)
    {
        try
        {
            await _call.RequestStream.WriteAsync(message);
            return true;
        }
        catch (Exception exception) when (exception is IOException or InvalidOperationException or RpcException { StatusCode: not StatusCode.ResourceExhausted })
        {
            _cancellationToken.ThrowIfCancellationRequested();
            return false;
        }
    }

    /// <summary>Says that this was the last message.</summary>
    public Task CompleteAsync() => _call.RequestStream.CompleteAsync();

    public void Dispose()
    {
        _call.Dispose();
        _channel.Dispose();
    }
}
