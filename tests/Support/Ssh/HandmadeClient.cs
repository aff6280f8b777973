using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Text;
using SshGateway.Ssh.Ciphers;
using SshGateway.Ssh.KeyExchange;
using SshGateway.Ssh.Sockets;
using SshGateway.Ssh.Transport;
using SshGateway.Ssh.Wire;
using Xunit;

namespace SshGateway.Tests.Support.Ssh;

/// <summary>
/// A client whose every packet is sent by the test: nothing is answered and nothing is sent on its own, so that it can
/// break each rule. Its key exchange is curve25519-sha256 alone.
/// </summary>
internal sealed class HandmadeClient : IDisposable
{
    public const string Identification = "SSH-2.0-handmade";

    private readonly string _ownIdentification;
    private readonly AsyncSocket _socket;
    private readonly PacketInput _input;
    private readonly PacketOutput _output;
    private string _serverIdentification = "";

    /// <param name="socket">The connection.</param>
    /// <param name="ownIdentification">What it says it is.</param>
    public HandmadeClient(Socket socket, string ownIdentification = Identification)
    {
        _ownIdentification = ownIdentification;
        _socket = new AsyncSocket(socket);
        _input = new PacketInput(_socket);
        _output = new PacketOutput(_socket);
    }

    /// <summary>What the server sent as its KEXINIT.</summary>
    public byte[] ServerInit { get; private set; } = [];

    public byte[] HostKey { get; private set; } = [];

    public byte[] SessionId { get; private set; } = [];

    public static async Task<HandmadeClient> ConnectAsync(EndPoint server, string ownIdentification = Identification)
    {
        var socket = new Socket(server.AddressFamily, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        await socket.ConnectAsync(server).Limited();
        return new HandmadeClient(socket, ownIdentification);
    }

    /// <summary>Everything up to the first encrypted packet, as a good client does it.</summary>
    public async Task HandshakeAsync(KexInitText init)
    {
        byte[] payload = init.ToPayload();
        await SendRawAsync(Encoding.ASCII.GetBytes(_ownIdentification + "\r\n"));
        await SendAsync(payload);
        await ReadIdentificationAsync();
        await ReadServerInitAsync();
        await ExchangeKeysAsync(init, payload);
    }

    public async Task ReadIdentificationAsync()
    {
        string? line;
        while ((line = _input.TryReadLine(SshGateway.Ssh.Transport.Identification.MaxServerLength)) is null)
        {
            Assert.True(await _input.FillAsync().Limited(), "closed before its identification");
        }
        _serverIdentification = line;
        Assert.Equal("SSH-2.0-OpenSSH_9.9p2 SshGateway", line);
    }

    public async Task ReadServerInitAsync()
    {
        ServerInit = await ReadAsync();
        Assert.Equal(MessageNumber.KexInit, ServerInit[0]);
    }

    /// <summary>The method and NEWKEYS, after both KEXINITs.</summary>
    public async Task ExchangeKeysAsync(KexInitText init, byte[] ownInit)
    {
        using var exchange = new Curve25519Exchange();
        byte[] value = exchange.Initiate();
        await SendAsync(SshWriter.Message(MessageNumber.KexEcdhInit).WriteString(value).ToArray());
        KeyDerivation keys = ReadReply(await ReadAsync(), exchange, value, ownInit);
        Assert.Equal(MessageNumber.NewKeys, Assert.Single(await ReadAsync()));
        bool strict = init.Kex.Contains(ExtensionMarker.StrictClient, StringComparison.Ordinal);
        CipherAlgorithm inbound = CipherAlgorithm.All.Single(cipher => cipher.Name == init.CiphersToClient);
        MacAlgorithm? inboundMac = inbound.IsAead ? null : MacAlgorithm.All.Single(mac => mac.Name == init.MacsToClient);
        _input.Rekey(
            inbound.CreateOpener(keys.Derive('D', inbound.KeySize), keys.Derive('B', inbound.IvSize), inboundMac, keys.Derive('F', inboundMac?.KeySize ?? 0)), strict);
        CipherAlgorithm outbound = CipherAlgorithm.All.Single(cipher => cipher.Name == init.CiphersToServer);
        MacAlgorithm? outboundMac = outbound.IsAead ? null : MacAlgorithm.All.Single(mac => mac.Name == init.MacsToServer);
        await SendAsync([MessageNumber.NewKeys]);
        _output.Rekey(
            outbound.CreateSealer(keys.Derive('C', outbound.KeySize), keys.Derive('A', outbound.IvSize), outboundMac, keys.Derive('E', outboundMac?.KeySize ?? 0)), strict);
    }

    public async Task SendAsync(byte[] payload) => await _output.SendAsync(payload).Limited();

    public async Task SendRawAsync(byte[] bytes) => await _socket.WriteAsync(bytes).Limited();

    /// <summary>Says that nothing more will be sent.</summary>
    public void ShutdownWrites() => _socket.ShutdownWrites();

    /// <summary>The next packet's payload, whatever it is.</summary>
    public async Task<byte[]> ReadAsync()
    {
        InboundPacket packet;
        while (!_input.TryRead(out packet))
        {
            if (!await _input.FillAsync().Limited())
            {
                throw PeerGoneException.ClosedByPeer();
            }
        }
        return packet.Payload.ToArray();
    }

    /// <summary>Reads up to the DISCONNECT.</summary>
    public async Task<(DisconnectReason Reason, string Sentence)> ReadDisconnectAsync()
    {
        byte[] payload;
        do
        {
            payload = await ReadAsync();
        }
        while (payload[0] != MessageNumber.Disconnect);
        var reader = new SshReader(payload.AsSpan(1));
        var reason = (DisconnectReason)reader.ReadUInt32();
        string sentence = Encoding.UTF8.GetString(reader.ReadString());
        reader.ReadString();
        reader.End();
        return (reason, sentence);
    }

    /// <summary>Reads until the server closes; a reset is a close too.</summary>
    public async Task<byte[]> ReadToEndAsync()
    {
        using var all = new MemoryStream();
        byte[] buffer = new byte[4096];
        try
        {
            int count;
            while ((count = await _socket.ReadAsync(buffer).Limited()) > 0)
            {
                all.Write(buffer, 0, count);
            }
        }
        catch (PeerGoneException)
        {
        }
        return all.ToArray();
    }

    public void Dispose()
    {
        _socket.Dispose();
        _input.Dispose();
        // Nobody else sends: it is done at once.
        _ = _output.DisposeAsync().AsTask();
    }

    private KeyDerivation ReadReply(byte[] reply, Curve25519Exchange exchange, byte[] value, byte[] ownInit)
    {
        var reader = new SshReader(reply);
        Assert.Equal(MessageNumber.KexEcdhReply, reader.ReadByte());
        HostKey = reader.ReadString().ToArray();
        byte[] serverValue = reader.ReadString().ToArray();
        byte[] secret = exchange.Complete(serverValue);
        byte[] hash = ExchangeHash.Compute(
            HashAlgorithmName.SHA256, new Transcript(_ownIdentification, _serverIdentification, ownInit, ServerInit), HostKey, value, serverValue, secret);
        if (SessionId.Length == 0)
        {
            SessionId = hash;
        }
        return new KeyDerivation(HashAlgorithmName.SHA256, secret, hash, SessionId);
    }
}
