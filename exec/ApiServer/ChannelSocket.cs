using System.Buffers;
using System.Net.WebSockets;
using System.Runtime.CompilerServices;

namespace SshGateway.Exec.ApiServer;

/// <summary>
/// A WebSocket of channel.k8s.io: each message is binary, and its first byte is a channel. One caller reads; several
/// may send. Nothing is read between calls, so a server sends no faster than the caller reads.
/// </summary>
internal sealed class ChannelSocket(WebSocket socket, TimeProvider time) : IAsyncDisposable
{
    /// <summary>
    /// The data of the longest message. In one frame, with the channel before it, it fills eight TLS records. API
    /// server and kubelet read and write each record by itself.
    /// </summary>
    public const int MaxData = (8 * 16 * 1024) - FrameHeader - 1;

    // RFC 6455 section 5.2, with a length of 64 bits and a mask.
    private const int FrameHeader = 14;

    private static readonly TimeSpan CloseTimeout = TimeSpan.FromSeconds(1);

    private readonly SemaphoreSlim _oneSender = new(1);
    private readonly byte[] _channel = new byte[1];
    private bool _isInMessage;

    /// <summary>The subprotocol that the server chose.</summary>
    public string? Protocol => socket.SubProtocol;

    /// <summary>The channel of the message that is being read.</summary>
    public byte Channel => _channel[0];

    /// <summary>Waits until a message has bytes to read. It holds one byte meanwhile.</summary>
    /// <returns>False: the server has closed.</returns>
    /// <exception cref="ApiServerException">The stream is lost.</exception>
    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    public async ValueTask<bool> WaitAsync(CancellationToken cancellationToken)
    {
        while (!_isInMessage)
        {
            ValueWebSocketReceiveResult received = await ReceiveAsync(_channel, cancellationToken);
            if (received.MessageType == WebSocketMessageType.Close)
            {
                return false;
            }
            if (received is not { MessageType: WebSocketMessageType.Binary, Count: 1 } and not { Count: 0, EndOfMessage: false })
            {
                throw StreamFailure.Malformed();
            }
            // A message of a channel number and nothing else: kubelet sends one when a stream is open.
            _isInMessage = received is { Count: 1, EndOfMessage: false };
        }
        return true;
    }

    /// <summary>
    /// Reads on in the message that <see cref="WaitAsync"/> found, until the buffer is full or the message ends. A read
    /// of the network brings one TLS record at most. A message of kubelet can have several.
    /// </summary>
    /// <param name="buffer">Not empty.</param>
    /// <returns>How many bytes; 0 when there is no more in this message.</returns>
    /// <exception cref="ApiServerException">The stream is lost, and nothing was read.</exception>
    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    public async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken)
    {
        int count = 0;
        while (_isInMessage && count < buffer.Length)
        {
            ValueWebSocketReceiveResult received;
            try
            {
                received = await ReceiveAsync(buffer[count..], cancellationToken);
            }
            catch (ApiServerException) when (count > 0)
            {
                // The next read fails in the same way.
                break;
            }
            if (received.MessageType == WebSocketMessageType.Close)
            {
                throw StreamFailure.Malformed();
            }
            _isInMessage = !received.EndOfMessage;
            count += received.Count;
        }
        return count;
    }

    /// <summary>Reads over the rest of a message.</summary>
    /// <exception cref="ApiServerException">The stream is lost.</exception>
    public async ValueTask SkipAsync(CancellationToken cancellationToken)
    {
        while (await ReadAsync(_channel, cancellationToken) > 0)
        {
        }
    }

    /// <summary>Sends data, in as many messages as it needs. It returns when the connection has accepted all.</summary>
    /// <exception cref="ApiServerException">The stream is lost.</exception>
    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder))]
    public async ValueTask SendAsync(byte channel, ReadOnlySequence<byte> data, CancellationToken cancellationToken)
    {
        byte[] message = ArrayPool<byte>.Shared.Rent(1 + (int)Math.Min(data.Length, MaxData));
        try
        {
            do
            {
                int length = (int)Math.Min(data.Length, MaxData);
                message[0] = channel;
                data.Slice(0, length).CopyTo(message.AsSpan(1));
                data = data.Slice(length);
                await SendMessageAsync(message.AsMemory(0, 1 + length), cancellationToken);
            }
            while (!data.IsEmpty);
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(message);
        }
    }

    /// <summary>Closes without waiting for a server that does not read.</summary>
    public async ValueTask DisposeAsync()
    {
        if (socket.State == WebSocketState.Open && await _oneSender.WaitAsync(TimeSpan.Zero))
        {
            using var timeout = new CancellationTokenSource(CloseTimeout, time);
            try
            {
                await socket.CloseOutputAsync(WebSocketCloseStatus.NormalClosure, null, timeout.Token);
            }
            catch (Exception exception) when (IsLoss(exception) || exception is OperationCanceledException)
            {
                // It is over in any case.
            }
            finally
            {
                _oneSender.Release();
            }
        }
        socket.Dispose();
    }

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    private async ValueTask<ValueWebSocketReceiveResult> ReceiveAsync(Memory<byte> buffer, CancellationToken cancellationToken)
    {
        try
        {
            return await socket.ReceiveAsync(buffer, cancellationToken);
        }
        catch (Exception exception) when (IsLoss(exception) || (exception is OperationCanceledException && !cancellationToken.IsCancellationRequested))
        {
            throw StreamFailure.Lost(exception);
        }
    }

    // Golang's x/net/websocket, in kubelet and the API server, takes every frame for a message: one that is sent in two
    // frames would lose its channel number. WebSocket sends a message in one frame if it is given whole.
    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder))]
    private async ValueTask SendMessageAsync(ReadOnlyMemory<byte> message, CancellationToken cancellationToken)
    {
        await _oneSender.WaitAsync(cancellationToken);
        try
        {
            await socket.SendAsync(message, WebSocketMessageType.Binary, WebSocketMessageFlags.EndOfMessage, cancellationToken);
        }
        catch (Exception exception) when (IsLoss(exception) || (exception is OperationCanceledException && !cancellationToken.IsCancellationRequested))
        {
            throw StreamFailure.Lost(exception);
        }
        finally
        {
            _oneSender.Release();
        }
    }

    private static bool IsLoss(Exception exception) => exception is WebSocketException or IOException or ObjectDisposedException;
}
