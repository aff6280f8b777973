using System.Net.Sockets;
using System.Text;

namespace SshGateway.Tests.Support.Kubernetes.FaultProxy;

/// <summary>One client's connection through the proxy.</summary>
internal sealed class ProxiedConnection(
    Socket socket, Action<string> noteRequest, Action<Span<byte>> changeAnswer, Func<string, bool> isLost, Func<string, Reply?> replyTo,
    Func<string, Task> heldAsync, bool isPlain) : IDisposable
{
    private readonly NetworkStream _client = new(socket, ownsSocket: true);
    private volatile bool _isFrozen;
    private long _bytesLeft = long.MaxValue;
    private volatile int _holdAfter = int.MaxValue;
    private volatile bool _isHolding;
    private volatile string _request = "";

    public bool IsHolding => _isHolding;

    /// <summary>The client sees a reset.</summary>
    public void Reset()
    {
        try
        {
            socket.LingerState = new LingerOption(true, 0);
            socket.Close();
        }
        catch (ObjectDisposedException)
        {
            // It has ended by itself.
        }
    }

    public void ResetAfter(int bytes) => Interlocked.Exchange(ref _bytesLeft, bytes);

    public void HoldAfter(int bytes) => _holdAfter = bytes;

    public void Freeze() => _isFrozen = true;

    public async Task AnswerAsync(string answer, CancellationToken cancellationToken)
    {
        byte[] buffer = new byte[16 * 1024];
        int length = await _client.ReadAsync(buffer, cancellationToken);
        Note(buffer.AsSpan(0, length));
        await SayLastAsync(answer, staysOpen: false, buffer, cancellationToken);
    }

    public async Task IgnoreAsync(CancellationToken cancellationToken)
    {
        byte[] buffer = new byte[1024];
        while (await _client.ReadAsync(buffer, cancellationToken) > 0)
        {
            // Nothing is answered.
        }
    }

    public async Task RelayAsync(Stream server, CancellationToken cancellationToken)
    {
        using var ending = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        Task requests = PumpAsync(_client, server, isToClient: false, ending.Token);
        Task answers = PumpAsync(server, _client, isToClient: true, ending.Token);
        await Task.WhenAny(requests, answers);
        if (!_isFrozen)
        {
            await ending.CancelAsync();
        }
        await Task.WhenAll(requests, answers);
    }

    public void Dispose() => _client.Dispose();

    private async Task PumpAsync(Stream from, Stream to, bool isToClient, CancellationToken cancellationToken)
    {
        byte[] buffer = new byte[16 * 1024];
        long passed = 0;
        while (await from.ReadAsync(buffer, cancellationToken) is > 0 and int length)
        {
            if (_isFrozen || (isToClient && isLost(_request)))
            {
                continue;
            }
            if (isToClient)
            {
                await heldAsync(_request).WaitAsync(cancellationToken);
                changeAnswer(buffer.AsSpan(0, length));
                if ((passed += length) > _holdAfter)
                {
                    _isHolding = true;
                    await Task.Delay(Timeout.InfiniteTimeSpan, cancellationToken);
                }
            }
            if (isPlain && !isToClient && Note(buffer.AsSpan(0, length)) && replyTo(_request) is { } reply)
            {
                await SayLastAsync(reply.Text, reply.StaysOpen, buffer, cancellationToken);
                return;
            }
            long left = isToClient ? Interlocked.Add(ref _bytesLeft, -length) : 0;
            if (left < 0)
            {
                await to.WriteAsync(buffer.AsMemory(0, (int)Math.Max(0, left + length)), cancellationToken);
                Reset();
                return;
            }
            await to.WriteAsync(buffer.AsMemory(0, length), cancellationToken);
        }
    }

    private async Task SayLastAsync(string answer, bool staysOpen, byte[] buffer, CancellationToken cancellationToken)
    {
        await _client.WriteAsync(Encoding.UTF8.GetBytes(answer), cancellationToken);
        if (!staysOpen)
        {
            socket.Shutdown(SocketShutdown.Send);
        }
        while (await _client.ReadAsync(buffer, cancellationToken) > 0)
        {
            // Closing with unread bytes would be a reset, and could overtake the answer.
        }
    }

    /// <returns>Whether a request begins there.</returns>
    private bool Note(ReadOnlySpan<byte> sent)
    {
        if (!sent.StartsWith("GET "u8) && !sent.StartsWith("POST "u8) && !sent.StartsWith("PATCH "u8) && !sent.StartsWith("DELETE "u8))
        {
            return false;
        }
        _request = Encoding.ASCII.GetString(sent[..sent.IndexOf("\r\n"u8)]);
        noteRequest(_request);
        return true;
    }
}
