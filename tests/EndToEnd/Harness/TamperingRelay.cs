using System.Net;
using System.Net.Sockets;

namespace SshGateway.Tests.EndToEnd.Harness;

/// <summary>Somebody on the path of one connection who flips one bit of what one of its ends sends.</summary>
internal sealed class TamperingRelay : IAsyncDisposable
{
    private readonly Socket _listener;
    private readonly IPEndPoint _target;
    private readonly long _flippedThere;
    private readonly long _flippedBack;
    private readonly Task _relaying;

    private TamperingRelay(Socket listener, IPEndPoint target, long? flippedThere, long? flippedBack)
    {
        _listener = listener;
        _target = target;
        _flippedThere = flippedThere ?? long.MaxValue;
        _flippedBack = flippedBack ?? long.MaxValue;
        _relaying = RelayAsync();
    }

    public IPEndPoint Endpoint => (IPEndPoint)_listener.LocalEndPoint!;

    public bool Flipped { get; private set; }

    /// <param name="target">Where the connection goes.</param>
    /// <param name="listen">Where it comes in: an address of its own.</param>
    /// <param name="flippedThere">Which byte of the initiator's stream is changed.</param>
    /// <param name="flippedBack">Which byte of the target's stream is changed.</param>
    public static TamperingRelay Start(IPEndPoint target, IPEndPoint listen, long? flippedThere = null, long? flippedBack = null)
    {
        Socket listener = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        listener.Bind(listen);
        listener.Listen();
        return new TamperingRelay(listener, target, flippedThere, flippedBack);
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
            using Socket initiator = await _listener.AcceptAsync();
            using Socket target = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
            await target.ConnectAsync(_target);
            await Task.WhenAll(CopyAsync(initiator, target, _flippedThere), CopyAsync(target, initiator, _flippedBack));
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
