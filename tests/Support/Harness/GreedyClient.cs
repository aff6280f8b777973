using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;
using SshGateway.Ssh.Keys;
using SshGateway.Ssh.Transport;
using SshGateway.Ssh.Wire;
using SshGateway.Tests.Support.Ssh;
using SshGateway.Tests.Support.SshConnections;

namespace SshGateway.Tests.Support.Harness;

/// <summary>
/// A client that stock ssh cannot be made into: it asks for the output of a command in one window of 4 GiB, and reads
/// it only when the test says so.
/// </summary>
internal sealed class GreedyClient : IAsyncDisposable
{
    private const int MaxPacket = 32 * 1024;
    private const byte ChannelConfirmation = 91;
    private const byte ChannelClose = 97;
    private const byte ChannelRequest = 98;

    private readonly SshClientTransport _leg;

    private GreedyClient(SshClientTransport leg) => _leg = leg;

    /// <summary>Logged in, with the command running; nothing of its output is read.</summary>
    public static async Task<GreedyClient> StartAsync(IPEndPoint gateway, string sessionId, SshPrivateKey key, string command)
    {
        Socket socket = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        await socket.ConnectAsync(gateway).Limited();
        SshClientTransport leg = new(new AsyncSocket(socket), LegPair.Everything, _ => true, new RekeyLimits(null), TimeProvider.System);
        GreedyClient client = new(leg);
        await leg.HandshakeAsync().Limited();
        Assert.Equal(MessageNumber.ServiceAccept, (await leg.ReceiveAsync().Limited()).Number);
        await leg.Output.SendAsync(AuthMessages.Signed(leg, sessionId, key)).Limited();
        await client.SkipToAsync(MessageNumber.UserAuthSuccess);
        leg.EnterRelaying();
        await leg.Output.SendAsync(
            SshWriter.Message(MessageNumber.ChannelOpen).WriteString("session").WriteUInt32(0).WriteUInt32(uint.MaxValue).WriteUInt32(MaxPacket).ToArray()).Limited();
        uint channel = await client.SkipToAsync(ChannelConfirmation);
        await leg.Output.SendAsync(SshWriter.Message(ChannelRequest).WriteUInt32(channel).WriteString("exec").WriteBoolean(false).WriteString(command).ToArray()).Limited();
        return client;
    }

    /// <summary>Reads the command's whole output.</summary>
    public async Task<(long Length, string Checksum)> ReadAsync()
    {
        using IncrementalHash hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        long length = 0;
        while (true)
        {
            InboundPacket packet = await _leg.ReceiveAsync().Limited();
            switch (packet.Number)
            {
                case MessageNumber.ChannelData:
                    length += Append(hash, packet.Payload);
                    break;
                case ChannelClose:
                    return (length, Convert.ToHexStringLower(hash.GetHashAndReset()));
            }
        }
    }

    public ValueTask DisposeAsync() => _leg.DisposeAsync();

    //  byte      SSH_MSG_CHANNEL_DATA
    //  uint32    recipient channel
    //  string    data
    private static int Append(IncrementalHash hash, ReadOnlySpan<byte> payload)
    {
        SshReader reader = new(payload[5..]);
        ReadOnlySpan<byte> data = reader.ReadString();
        hash.AppendData(data);
        return data.Length;
    }

    /// <summary>
    /// The second uint32 of the message that is waited for, if it has so many: of a confirmation, the peer's channel.
    /// </summary>
    private async Task<uint> SkipToAsync(byte number)
    {
        while (true)
        {
            InboundPacket packet = await _leg.ReceiveAsync().Limited();
            if (packet.Number == number)
            {
                return packet.Payload.Length > 9 ? new SshReader(packet.Payload[5..]).ReadUInt32() : 0;
            }
        }
    }
}
