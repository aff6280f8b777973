using System.Net;
using System.Net.Sockets;

namespace SshGateway.Tests.Support.Harness;

/// <summary>Somebody on the path of one connection who changes what its ends send.</summary>
internal sealed class TamperingRelay : IAsyncDisposable
{
    private readonly Socket _listener;
    private readonly IPEndPoint _target;
    private readonly IStreamChange? _there;
    private readonly IStreamChange? _back;
    private readonly Task _relaying;

    private TamperingRelay(Socket listener, IPEndPoint target, IStreamChange? there, IStreamChange? back)
    {
        _listener = listener;
        _target = target;
        _there = there;
        _back = back;
        _relaying = RelayAsync();
    }

    public IPEndPoint Endpoint => (IPEndPoint)_listener.LocalEndPoint!;

    /// <param name="target">Where the connection goes.</param>
    /// <param name="listen">Where it comes in: an address of its own.</param>
    /// <param name="there">What happens to the initiator's stream.</param>
    /// <param name="back">What happens to the target's stream.</param>
    public static TamperingRelay Start(IPEndPoint target, IPEndPoint listen, IStreamChange? there = null, IStreamChange? back = null)
    {
        Socket listener = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        listener.Bind(listen);
        listener.Listen();
        return new TamperingRelay(listener, target, there, back);
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
            await Task.WhenAll(CopyAsync(initiator, target, _there), CopyAsync(target, initiator, _back));
        }
        catch (SocketException)
        {
            // The listener was closed before anybody came.
        }
        catch (ObjectDisposedException)
        {
        }
    }

    private static async Task CopyAsync(Socket from, Socket to, IStreamChange? change)
    {
        byte[] buffer = new byte[16384];
        try
        {
            for (int read = await from.ReceiveAsync(buffer); read > 0; read = await from.ReceiveAsync(buffer))
            {
                ReadOnlyMemory<byte> changed = change is null ? buffer.AsMemory(0, read) : change.Change(buffer.AsSpan(0, read));
                while (changed.Length > 0)
                {
                    changed = changed[await to.SendAsync(changed)..];
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
