using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using System.Text;
using SshGateway.Ssh.Keys;
using SshGateway.Ssh.Sockets;
using SshGateway.Ssh.Transport;
using SshGateway.Ssh.Wire;

namespace SshGateway.Tests.Support.Ssh;

/// <summary>
/// A pod's sshd as far as the gateway sees it: takes every login, notes who came, and says everything back. Tests that
/// want another pod give it other manners.
/// </summary>
internal sealed class PodPeer : IDisposable
{
    private readonly Socket _listener = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
    private readonly ConcurrentBag<Socket> _accepted = [];
    private readonly HostKeySet _hostKeys;
    private readonly Func<PodPeer, Socket, int, Task> _manners;

    public PodPeer(SshPrivateKey? hostKey = null, Func<PodPeer, Socket, int, Task>? manners = null)
    {
        SshPrivateKey key = hostKey ?? Ed25519PrivateKey.Generate();
        HostKey = key.PublicKey;
        _hostKeys = new HostKeySet([key]);
        _manners = manners ?? ((pod, socket, _) => pod.ServeAsync(socket));
        _listener.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        _listener.Listen(128);
        EndPoint = (IPEndPoint)_listener.LocalEndPoint!;
        _ = AcceptAsync();
    }

    public IPEndPoint EndPoint { get; }

    public SshPublicKey HostKey { get; }

    /// <summary>User name and certificate of each attempt to log in.</summary>
    public ConcurrentQueue<(string User, byte[] Certificate)> Logins { get; } = new();

    /// <summary>Connections so far.</summary>
    public int Connections { get; private set; }

    /// <summary>Accepts the login, after a banner if there is one, and echoes.</summary>
    public Task ServeAsync(Socket socket, string? banner = null, byte[]? answer = null) => ServeAsync(socket, banner is null ? [] : [BannerMessage(banner)], answer);

    /// <summary>What shows a text to the user before the login is complete.</summary>
    public static byte[] BannerMessage(string text) => SshWriter.Message(MessageNumber.UserAuthBanner).WriteString(text).WriteString("").ToArray();

    /// <summary>What refuses a login, and lets the client try again.</summary>
    public static byte[] Failure => SshWriter.Message(MessageNumber.UserAuthFailure).WriteString("publickey").WriteBoolean(false).ToArray();

    /// <summary>Answers the login after these messages, and echoes.</summary>
    public Task ServeAsync(Socket socket, IEnumerable<byte[]> before, byte[]? answer = null) => ServeAsync(socket, before, _ => answer ?? [MessageNumber.UserAuthSuccess]);

    /// <summary>Answers each attempt, by its number from 1 on, and echoes behind a success.</summary>
    public async Task ServeAsync(Socket socket, IEnumerable<byte[]> before, Func<int, byte[]> answer)
    {
        await using var leg = new SshServerTransport(
            new AsyncSocket(socket), LegPair.Everything with { HostKeyAlgorithms = _hostKeys.Algorithms }, _hostKeys, new RekeyLimits(null), TimeProvider.System);
        try
        {
            await leg.HandshakeAsync();
            await leg.ReceiveAsync();
            await leg.Output.SendAsync(SshWriter.Message(MessageNumber.ServiceAccept).WriteString("ssh-userauth").ToArray());
            leg.Output.AllowLargePackets();
            byte[] said = Failure;
            for (int attempt = 1; said[0] == MessageNumber.UserAuthFailure; attempt++)
            {
                Note((await leg.ReceiveAsync()).Payload);
                foreach (byte[] message in attempt == 1 ? before : [])
                {
                    await leg.Output.SendAsync(message);
                }
                await leg.Output.SendAsync(said = answer(attempt));
            }
            leg.EnterRelaying();
            while (true)
            {
                await leg.Output.SendAsync((await leg.ReceiveAsync()).Payload.ToArray());
            }
        }
        catch (Exception gone) when (gone is PeerGoneException or PeerDisconnectedException)
        {
        }
    }

    public void Dispose()
    {
        _listener.Dispose();
        foreach (Socket socket in _accepted)
        {
            socket.Dispose();
        }
    }

    private async Task AcceptAsync()
    {
        try
        {
            while (true)
            {
                Socket socket = await _listener.AcceptAsync();
                _accepted.Add(socket);
                _ = Task.Run(() => _manners(this, socket, ++Connections));
            }
        }
        catch (Exception stopped) when (stopped is SocketException or ObjectDisposedException)
        {
        }
    }

    private void Note(ReadOnlySpan<byte> request)
    {
        var reader = new SshReader(request[1..]);
        string user = Encoding.ASCII.GetString(reader.ReadString());
        reader.ReadString();
        reader.ReadString();
        reader.ReadBoolean();
        reader.ReadString();
        Logins.Enqueue((user, reader.ReadString().ToArray()));
    }
}
