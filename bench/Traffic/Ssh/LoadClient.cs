using System.Net;
using System.Net.Sockets;
using SshGateway.Ssh.Keys;
using SshGateway.Ssh.Transport;
using SshGateway.Ssh.Wire;
using SshGateway.Tests.Support;

namespace SshGateway.Bench.Traffic.Ssh;

/// <summary>An SSH client without a process: logs in, and measures round trips on a channel.</summary>
internal sealed class LoadClient : IAsyncDisposable
{
    private const uint Window = 1 << 30;
    private const uint MaxData = 32768;

    private static readonly byte[] OneByte =
        SshWriter.Message(ChannelMessage.Data).WriteUInt32(0).WriteString("x"u8).ToArray();

    private readonly SshClientTransport _leg;

    private LoadClient(SshClientTransport leg) => _leg = leg;

    /// <summary>Everything from connect to USERAUTH_SUCCESS.</summary>
    public static async Task<LoadClient> LogInAsync(IPEndPoint server, string user, SshPrivateKey key, string keyExchange = Algorithms.Classical)
    {
        var socket = new Socket(server.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
        await socket.ConnectAsync(server);
        var client = new LoadClient(new SshClientTransport(new AsyncSocket(socket), Algorithms.Offer(keyExchange), _ => true, new RekeyLimits(null), TimeProvider.System));
        try
        {
            await client.LogInAsync(user, key);
            return client;
        }
        catch
        {
            await client.DisposeAsync();
            throw;
        }
    }

    /// <summary>A channel with a command on it; what it says does not matter to <see cref="LightUpstream"/>.</summary>
    public async Task OpenEchoAsync()
    {
        await _leg.Output.SendAsync(SshWriter.Message(MessageNumber.ChannelOpen)
            .WriteString("session").WriteUInt32(0).WriteUInt32(Window).WriteUInt32(MaxData).ToArray());
        await ReceiveAsync(ChannelMessage.OpenConfirmation);
        await _leg.Output.SendAsync(SshWriter.Message(ChannelMessage.Request).WriteUInt32(0).WriteString("exec").WriteBoolean(true).WriteString("cat").ToArray());
        await ReceiveAsync(ChannelMessage.Success);
    }

    /// <summary>One byte there and back.</summary>
    public async Task RoundTripAsync()
    {
        await _leg.Output.SendAsync(OneByte);
        await ReceiveAsync(ChannelMessage.Data);
    }

    public ValueTask DisposeAsync() => _leg.DisposeAsync();

    private async Task LogInAsync(string user, SshPrivateKey key)
    {
        await _leg.HandshakeAsync();
        await ReceiveAsync(MessageNumber.ServiceAccept);
        SshWriter request = SshWriter.Message(MessageNumber.UserAuthRequest)
            .WriteString(user).WriteString("ssh-connection").WriteString("publickey").WriteBoolean(true)
            .WriteString(key.PublicKey.Type).WriteString(key.PublicKey.Blob.Span);
        byte[] signed = new SshWriter().WriteString(_leg.SshSessionId).WriteBytes(request.Written).ToArray();
        request.WriteString(key.Sign(signed));
        await _leg.Output.SendAsync(request.ToArray());
        await ReceiveAsync(MessageNumber.UserAuthSuccess);
        _leg.EnterRelaying();
    }

    private async Task ReceiveAsync(byte expected)
    {
        while (true)
        {
            InboundPacket packet = await _leg.ReceiveAsync();
            if (packet.Number == expected)
            {
                return;
            }
            if (packet.Number is MessageNumber.UserAuthFailure or ChannelMessage.Close)
            {
                throw new InvalidOperationException($"message {packet.Number} instead of {expected}");
            }
        }
    }
}
