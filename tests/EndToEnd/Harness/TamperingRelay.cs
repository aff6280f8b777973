using System.Net;
using System.Net.Sockets;

namespace SshGateway.Tests.EndToEnd.Harness;

/// <summary>Somebody on the path between a client and the gateway who flips one bit of what the client sends.</summary>
internal sealed class TamperingRelay : IAsyncDisposable
{
    private readonly Socket _listener;
    private readonly IPEndPoint _gateway;
    private readonly long _flippedByte;
    private readonly Task _relaying;

    private TamperingRelay(Socket listener, IPEndPoint gateway, long flippedByte)
    {
        _listener = listener;
        _gateway = gateway;
        _flippedByte = flippedByte;
        _relaying = RelayAsync();
    }

    public IPEndPoint Endpoint => (IPEndPoint)_listener.LocalEndPoint!;

    public bool Flipped { get; private set; }

    /// <param name="gateway">Where the one connection goes.</param>
    /// <param name="flippedByte">Which byte of the client's stream is changed.</param>
    public static TamperingRelay Start(IPEndPoint gateway, long flippedByte)
    {
        Socket listener = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        listener.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        listener.Listen();
        return new TamperingRelay(listener, gateway, flippedByte);
    }

    public async ValueTask DisposeAsync()
    {
        _listener.Dispose();
        await _relaying;
    }

    private async Task RelayAsync()
    {
        try
        {
            using Socket client = await _listener.AcceptAsync();
            using Socket gateway = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
            await gateway.ConnectAsync(_gateway);
            await Task.WhenAll(CopyAsync(client, gateway, _flippedByte), CopyAsync(gateway, client, long.MaxValue));
        }
        catch (SocketException)
        {
            // The listener was closed before anybody came.
        }
        catch (ObjectDisposedException)
        {
        }
    }

    private async Task CopyAsync(Socket from, Socket to, long flippedByte)
    {
        byte[] buffer = new byte[16384];
        long position = 0;
        try
        {
            for (int read = await from.ReceiveAsync(buffer); read > 0; read = await from.ReceiveAsync(buffer))
            {
                if (flippedByte >= position && flippedByte < position + read)
                {
                    buffer[flippedByte - position] ^= 1;
                    Flipped = true;
                }

                position += read;
                for (int sent = 0; sent < read;)
                {
                    sent += await to.SendAsync(buffer.AsMemory(sent, read - sent));
                }
            }

            to.Shutdown(SocketShutdown.Send);
        }
        catch (SocketException)
        {
            // One side broke off: so does the other.
            to.Close();
        }
        catch (ObjectDisposedException)
        {
        }
    }
}
