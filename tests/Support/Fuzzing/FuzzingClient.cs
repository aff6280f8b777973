using System.Net;
using System.Net.Sockets;
using SshGateway.Ssh.Keys;
using SshGateway.Ssh.Sockets;
using SshGateway.Ssh.Transport;
using SshGateway.Ssh.Wire;
using SshGateway.Tests.Support.Ssh;
using SshGateway.Tests.Support.SshConnections;
using Xunit;

namespace SshGateway.Tests.Support.Fuzzing;

/// <summary>
/// A client that is a good one up to a point and then sends damaged messages in good packets: what is damaged is the
/// plaintext, before its encryption, so that every message reaches the code behind the ciphers.
/// </summary>
internal sealed class FuzzingClient : IAsyncDisposable
{
    private static readonly byte[] KexInit = new KexInitText().ToPayload();

    private readonly SshClientTransport _leg;

    private FuzzingClient(SshClientTransport leg) => _leg = leg;

    /// <summary>Connected, with the first key exchange done.</summary>
    public static async Task<FuzzingClient> ConnectAsync(EndPoint gateway)
    {
        Socket socket = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        await socket.ConnectAsync(gateway).Limited();
        SshClientTransport leg = new(new AsyncSocket(socket), LegPair.Everything, _ => true, new RekeyLimits(null), TimeProvider.System);
        FuzzingClient client = new(leg);
        await leg.HandshakeAsync().Limited();
        return client;
    }

    /// <summary>Lets itself be authenticated, and opens a channel.</summary>
    public async Task LogInAsync(string user, SshPrivateKey key)
    {
        Assert.Equal(MessageNumber.ServiceAccept, (await _leg.ReceiveAsync().Limited()).Number);
        await _leg.Output.SendAsync(AuthMessages.Signed(_leg, user, key)).Limited();
        Assert.Equal(MessageNumber.UserAuthSuccess, (await _leg.ReceiveAsync().Limited()).Number);
        _leg.EnterRelaying();
        await _leg.Output.SendAsync(Channels[0]).Limited();
    }

    /// <summary>What a client sends before it is authenticated, and what it must not.</summary>
    public IReadOnlyList<byte[]> BeforeAuthentication(string user, SshPrivateKey key) =>
    [
        SshWriter.Message(MessageNumber.ServiceRequest).WriteString("ssh-userauth").ToArray(),
        AuthMessages.None(user),
        AuthMessages.Password(user),
        AuthMessages.Query(user, key),
        AuthMessages.Signed(_leg, user, key),
        .. Transport,
        .. Channels,
    ];

    /// <summary>What a client sends afterwards, and what it must not.</summary>
    public static IReadOnlyList<byte[]> AfterAuthentication(string user) => [.. Channels, .. Channels, .. Transport, AuthMessages.None(user)];

    private static byte[][] Transport =>
    [
        KexInit,
        SshWriter.Message(MessageNumber.KexEcdhInit).WriteString(new byte[32]).ToArray(),
        [MessageNumber.NewKeys],
        SshWriter.Message(MessageNumber.ExtInfo).WriteUInt32(1).WriteString("ext-info-in-auth@openssh.com").WriteString("0").ToArray(),
        SshWriter.Message(MessageNumber.Ping).WriteString("ping").ToArray(),
        SshWriter.Message(MessageNumber.Ignore).WriteString("ignored").ToArray(),
        SshWriter.Message(MessageNumber.Debug).WriteBoolean(true).WriteString("debug").WriteString("").ToArray(),
        SshWriter.Message(MessageNumber.Unimplemented).WriteUInt32(3).ToArray(),
        SshWriter.Message(MessageNumber.Disconnect).WriteUInt32(11).WriteString("bye").WriteString("").ToArray(),
        [MessageNumber.UserAuthFailure, 0, 0, 0, 0, 0],
        [MessageNumber.UserAuthSuccess],
    ];

    // RFC 4254: CHANNEL_OPEN, CHANNEL_REQUEST, DATA, WINDOW_ADJUST, EOF, CLOSE, GLOBAL_REQUEST.
    private static byte[][] Channels =>
    [
        SshWriter.Message(MessageNumber.ChannelOpen).WriteString("session").WriteUInt32(0).WriteUInt32(1 << 20).WriteUInt32(1 << 15).ToArray(),
        SshWriter.Message(98).WriteUInt32(0).WriteString("exec").WriteBoolean(true).WriteString("true").ToArray(),
        SshWriter.Message(98).WriteUInt32(0).WriteString("env").WriteBoolean(false).WriteString("E2E_X").WriteString("1").ToArray(),
        SshWriter.Message(MessageNumber.ChannelData).WriteUInt32(0).WriteString("data").ToArray(),
        SshWriter.Message(93).WriteUInt32(0).WriteUInt32(1 << 20).ToArray(),
        SshWriter.Message(96).WriteUInt32(0).ToArray(),
        SshWriter.Message(97).WriteUInt32(0).ToArray(),
        SshWriter.Message(MessageNumber.GlobalRequest).WriteString("keepalive@openssh.com").WriteBoolean(true).ToArray(),
        SshWriter.Message(MessageNumber.GlobalRequest).WriteString("hostkeys-prove-00@openssh.com").WriteBoolean(true).WriteString("key").ToArray(),
    ];

    /// <summary>Sends the message; false: the gateway has closed.</summary>
    public async Task<bool> TrySendAsync(byte[] payload)
    {
        try
        {
            await _leg.Output.SendAsync(payload).Limited();
            return true;
        }
        catch (PeerGoneException)
        {
            return false;
        }
    }

    /// <summary>
    /// Says goodbye and reads, whatever it is, until the gateway has closed: one that does not is a hang.
    /// </summary>
    public async Task EndAsync()
    {
        await TrySendAsync(SshWriter.Message(MessageNumber.Disconnect).WriteUInt32(11).WriteString("bye").WriteString("").ToArray());
        byte[] buffer = new byte[16384];
        try
        {
            while (await _leg.Socket.ReadAsync(buffer).Limited() > 0)
            {
            }
        }
        catch (PeerGoneException)
        {
            // A reset is a close too.
        }
    }

    public ValueTask DisposeAsync()
    {
        _leg.Abort();
        return _leg.DisposeAsync();
    }
}
