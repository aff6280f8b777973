using System.Net.WebSockets;

namespace SshGateway.Tests.Support.ExecApi;

/// <summary>The server's end of a WebSocket of channel.k8s.io.</summary>
/// <param name="fragments">Sends each message in pieces, as a proxy in between may.</param>
internal sealed class ChannelConnection(WebSocket socket, bool fragments) : IDisposable
{
    private const int MaxMessage = 256 * 1024;

    private readonly SemaphoreSlim _oneSender = new(1);
    private readonly byte[] _received = new byte[MaxMessage];

    public async Task SendAsync(byte channel, ReadOnlyMemory<byte> data, CancellationToken cancellationToken)
    {
        byte[] message = [channel, .. data.Span];
        await _oneSender.WaitAsync(cancellationToken);
        try
        {
            if (fragments)
            {
                await socket.SendAsync(message.AsMemory(0, 1), WebSocketMessageType.Binary, endOfMessage: false, cancellationToken);
                await socket.SendAsync(ReadOnlyMemory<byte>.Empty, WebSocketMessageType.Binary, endOfMessage: false, cancellationToken);
                int half = 1 + (data.Length / 2);
                await socket.SendAsync(message.AsMemory(1, half - 1), WebSocketMessageType.Binary, endOfMessage: false, cancellationToken);
                await socket.SendAsync(message.AsMemory(half), WebSocketMessageType.Binary, endOfMessage: true, cancellationToken);
            }
            else
            {
                await socket.SendAsync(message, WebSocketMessageType.Binary, endOfMessage: true, cancellationToken);
            }
        }
        finally
        {
            _oneSender.Release();
        }
    }

    /// <returns>The next message, good until the next call; null when the client has closed or is gone.</returns>
    public async Task<(byte Channel, ReadOnlyMemory<byte> Data)?> ReceiveAsync(CancellationToken cancellationToken)
    {
        int count = 0;
        while (true)
        {
            ValueWebSocketReceiveResult result;
            try
            {
                result = await socket.ReceiveAsync(_received.AsMemory(count), cancellationToken);
            }
            catch (Exception exception) when (exception is WebSocketException or OperationCanceledException)
            {
                return null;
            }
            count += result.Count;
            if (result.MessageType == WebSocketMessageType.Close)
            {
                return null;
            }
            if (result.EndOfMessage)
            {
                return count > 0 ? (_received[0], _received.AsMemory(1, count - 1)) : throw new InvalidDataException("a message without a channel");
            }
            if (count == MaxMessage)
            {
                throw new InvalidDataException($"a message of more than {MaxMessage} bytes");
            }
        }
    }

    /// <summary>As Go's library closes: says so, and does not wait for an answer.</summary>
    public Task CloseAsync(CancellationToken cancellationToken) => socket.CloseOutputAsync(WebSocketCloseStatus.NormalClosure, null, cancellationToken);

    public void Dispose() => _oneSender.Dispose();
}
