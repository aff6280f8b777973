using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace SshGateway.Bench.Traffic.Raw;

/// <summary>
/// A connection to the raw upstream: by CONNECT through the gateway, or as it is through another relay.
/// </summary>
internal sealed class RawClient : IAsyncDisposable, IDisposable
{
    private const string Established = "HTTP/1.1 200 ";
    private const string HeadEnd = "\r\n\r\n";

    private readonly Socket _socket = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };

    private RawClient()
    {
    }

    /// <param name="relay">Where the relay listens.</param>
    /// <param name="session">Whom the gateway is asked for; null: the relay knows where to.</param>
    public static async Task<RawClient> ConnectAsync(IPEndPoint relay, string? session)
    {
        var client = new RawClient();
        try
        {
            await client._socket.ConnectAsync(relay);
            if (session is not null)
            {
                await client.AskForAsync(session);
            }
            return client;
        }
        catch
        {
            client.Dispose();
            throw;
        }
    }

    /// <summary>Has the upstream send this many bytes, and takes them. Once, before anything else.</summary>
    public async Task DownloadAsync(long bytes)
    {
        byte[] order = new byte[RawBytes.OrderSize];
        BinaryPrimitives.WriteInt64BigEndian(order, bytes);
        await _socket.SendAsync(order);
        for (long left = bytes; left > 0;)
        {
            left -= await ReceiveAsync(RawBytes.Piece(left)) is > 0 and int count ? count : throw new InvalidOperationException($"the connection ended {left} bytes early");
        }
    }

    /// <summary>Sends this many bytes, and waits until the upstream has taken all of them.</summary>
    public async Task UploadAsync(long bytes)
    {
        await DownloadAsync(0);
        for (long left = bytes; left > 0;)
        {
            left -= await _socket.SendAsync(RawBytes.Piece(left));
        }
        await CloseAsync();
    }

    /// <summary>The orderly end: what was sent has arrived, and the connection is gone on both sides.</summary>
    public async Task CloseAsync()
    {
        _socket.Shutdown(SocketShutdown.Send);
        if (await ReceiveAsync(RawBytes.Buffer) != 0)
        {
            throw new InvalidOperationException("the upstream sent more than was asked for");
        }
    }

    public void Dispose() => _socket.Dispose();

    public ValueTask DisposeAsync()
    {
        Dispose();
        return ValueTask.CompletedTask;
    }

    private ValueTask<int> ReceiveAsync(Memory<byte> buffer) => _socket.ReceiveAsync(buffer, SocketFlags.None);

    private async Task AskForAsync(string session)
    {
        await _socket.SendAsync(Encoding.ASCII.GetBytes($"CONNECT {session}:22 HTTP/1.1\r\nHost: {session}\r\n\r\n"));
        byte[] answer = new byte[1024];
        string text = "";
        while (!text.EndsWith(HeadEnd, StringComparison.Ordinal))
        {
            int count = await ReceiveAsync(answer);
            text += Encoding.ASCII.GetString(answer, 0, count);
            // An answer that is not good may have a body.
            if (count == 0 || !text.StartsWith(Established[..Math.Min(text.Length, Established.Length)], StringComparison.Ordinal))
            {
                throw new InvalidOperationException($"the gateway said to CONNECT {session}: {text}");
            }
        }
    }
}
