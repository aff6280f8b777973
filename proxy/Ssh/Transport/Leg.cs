using System.Text;
using SshGateway.Proxy.Sockets;
using SshGateway.Proxy.Ssh.Ciphers;
using SshGateway.Proxy.Ssh.KeyExchange;
using SshGateway.Proxy.Ssh.Wire;
using SshGateway.Shared.Ssh;

namespace SshGateway.Proxy.Ssh.Transport;

/// <summary>
/// One SSH transport (RFC 4253): the client leg, where the gateway is the server, or the pod leg, where it is the client.
/// One task reads from it; anybody may send through <see cref="Output"/>. Everything that concerns the transport alone
/// (key exchange, ping, IGNORE, DISCONNECT, ...) is dealt with here, in <see cref="HandleTransportMessageAsync"/>.
/// </summary>
internal abstract class Leg(IPeerSocket socket, KexOffer offer, RekeyLimits rekeyLimits, TimeProvider time) : IAsyncDisposable
{
    // A peer in the middle of a transfer first sends what it has under way; on a slow line that takes a while.
    private static readonly TimeSpan RekeyTimeout = TimeSpan.FromMinutes(2);
    private static readonly TimeSpan LastWordPatience = TimeSpan.FromSeconds(1);

    private const int LongestDescription = 1024;

    // Messages that cost the sender nothing (IGNORE, PING, key exchanges) before authentication.
    private const int TransportMessagesBeforeAuthentication = 256;

    // A pong that cannot be sent during a key exchange waits; more than this is dropped (CVE-2025-26466: OpenSSH kept them all).
    private const int LongestPing = 1024;
    private const int PongsHeld = 16;

    // Of both directions of a bridge: two legs must not both start a key exchange (see TryStartRekeyAsync).
    private static readonly Lock RekeyStart = new();

    private readonly List<byte[]> _heldPongs = [];
    private byte[]? _sessionId;
    private volatile KexRun? _run;
    private volatile bool _startingRekey;
    private bool _strict;
    private bool _outboundKeyed;
    private bool _inboundKeyed;
    private bool _authenticated;
    private int _transportMessages;
    private long _keyedAt;
    private long _outputByteLimit = long.MaxValue;
    private long _inputByteLimit = long.MaxValue;

    public IPeerSocket Socket { get; } = socket;

    public PacketInput Input { get; } = new(socket);

    public PacketOutput Output { get; } = new(socket);

    /// <summary>H of the first key exchange: what signatures on this leg are bound to.</summary>
    public ReadOnlySpan<byte> SessionId => _sessionId ?? throw new InvalidOperationException("before the first key exchange");

    /// <summary>Set by the pump while this leg's reader waits for the other leg; a key exchange does not time out meanwhile.</summary>
    public bool ReaderIsHeldUp { get; set; }

    /// <summary>Whether the leg was ended because a key exchange did not go on.</summary>
    public bool KeyExchangeTimedOut { get; private set; }

    /// <summary>Whether the peer's identification has come.</summary>
    public bool PeerHasIdentified => PeerIdentification.Length > 0;

    protected string PeerIdentification { get; private set; } = "";

    /// <summary>The markers of our first KEXINIT.</summary>
    protected abstract IReadOnlyList<string> Markers { get; }

    protected abstract string PeerStrictMarker { get; }

    protected abstract bool IsServer { get; }

    protected virtual KexOffer Offer => offer;

    /// <summary>Identification and first key exchange. Our KEXINIT goes out with the identification, without waiting for the peer's.</summary>
    public async Task HandshakeAsync()
    {
        KexRun run = new() { OwnInit = KexInitMessage.Write(Offer, Markers) };
        _run = run;
        await Output.OpenControlBatchAsync().ConfigureAwait(false);
        try
        {
            Output.AppendRaw(Identification.OwnLine);
            Output.TryAppend(run.OwnInit);
            Output.CloseGate();
            await Output.FlushAsync().ConfigureAwait(false);
        }
        finally
        {
            Output.CloseBatch();
        }
        await ReadIdentificationAsync().ConfigureAwait(false);
        while (!_inboundKeyed)
        {
            InboundPacket packet = await ReadPacketAsync().ConfigureAwait(false);
            if (!await HandleTransportMessageAsync(packet).ConfigureAwait(false))
            {
                throw new SshProtocolException($"message {packet.Number} before the key exchange");
            }
        }
    }

    /// <summary>The next message that is not the transport's own. Valid until the next call.</summary>
    /// <exception cref="PeerClosedException">The peer closed.</exception>
    /// <exception cref="PeerDisconnectedException">The peer sent a DISCONNECT.</exception>
    /// <exception cref="SshProtocolException">The peer broke the protocol.</exception>
    public async ValueTask<InboundPacket> ReceiveAsync()
    {
        while (true)
        {
            InboundPacket packet = await ReadPacketAsync().ConfigureAwait(false);
            if (!await HandleTransportMessageAsync(packet).ConfigureAwait(false))
            {
                return packet;
            }
        }
    }

    /// <summary>Deals with a message of the transport. False: it is not one, and the caller's.</summary>
    public async ValueTask<bool> HandleTransportMessageAsync(InboundPacket packet)
    {
        byte number = packet.Number;
        bool isKex = number is >= MessageNumber.KexInit and <= MessageNumber.KexLast;
        if (!_authenticated && (isKex || number is <= MessageNumber.Debug or MessageNumber.Ping) && ++_transportMessages > TransportMessagesBeforeAuthentication)
        {
            throw new SshProtocolException("too many transport messages before authentication");
        }
        if (isKex)
        {
            await HandleKexAsync(packet).ConfigureAwait(false);
            return true;
        }
        if (number == MessageNumber.Disconnect)
        {
            throw ParseDisconnect(packet.Payload);
        }
        if (!_inboundKeyed && _strict)
        {
            throw new SshProtocolException($"message {number} in a strict key exchange");
        }
        switch (number)
        {
            case MessageNumber.Ignore:
            case MessageNumber.Debug:
            case MessageNumber.Unimplemented:
                return true;
        }
        // RFC 4253 section 7.1: between its KEXINIT and its NEWKEYS the peer sends nothing else.
        if (!_inboundKeyed || _run is { PeerInit: not null })
        {
            throw new SshProtocolException($"message {number} during a key exchange");
        }
        switch (number)
        {
            case MessageNumber.ExtInfo:
            case MessageNumber.Pong:
                return true;
            case MessageNumber.Ping:
                await AnswerPingAsync(packet).ConfigureAwait(false);
                return true;
            default:
                return false;
        }
    }

    /// <summary>Answers a message that we do not know: RFC 4253 section 11.4.</summary>
    public ValueTask SendUnimplementedAsync(uint sequence) =>
        Output.SendControlAsync(SshWriter.Message(MessageNumber.Unimplemented).WriteUInt32(sequence).ToArray());

    /// <summary>Both sides are authenticated.</summary>
    public void EnterRelaying()
    {
        _authenticated = true;
        Input.AllowLargePackets();
    }

    /// <summary>
    /// Starts a key exchange when the keys are used up. Not while the other leg of the bridge is in one: a pump that waits for this leg's new
    /// keys does not read the other leg, so with both exchanges begun by us each could wait for the other for ever.
    /// One begun by a peer does no harm: behind its KEXINIT there is nothing left for the pump to wait with.
    /// </summary>
    public async ValueTask TryStartRekeyAsync(Leg other)
    {
        if (!KeysAreUsedUp)
        {
            return;
        }
        lock (RekeyStart)
        {
            if (_run is not null || _startingRekey || other._run is not null || other._startingRekey)
            {
                return;
            }
            _startingRekey = true;
        }
        try
        {
            await EnsureOwnInitSentAsync().ConfigureAwait(false);
        }
        finally
        {
            _startingRekey = false;
        }
    }

    /// <summary>Sends a last DISCONNECT, if the peer takes it, and no more.</summary>
    public async Task DisconnectAsync(uint reason, string description)
    {
        try
        {
            if (!await Output.TryOpenControlBatchAsync(LastWordPatience).ConfigureAwait(false))
            {
                Abort();
                return;
            }
            try
            {
                Output.TryAppend(SshWriter.Message(MessageNumber.Disconnect).WriteUInt32(reason).WriteString(description).WriteString("").Written);
                await FlushOrAbortAsync().ConfigureAwait(false);
            }
            finally
            {
                Output.CloseBatch();
            }
            Socket.ShutdownWrites();
        }
        catch (Exception gone) when (gone is ObjectDisposedException or System.Net.Sockets.SocketException)
        {
            Abort();
        }
    }

    /// <inheritdoc cref="DisconnectAsync(uint, string)"/>
    public Task DisconnectAsync(DisconnectReason reason, string description) => DisconnectAsync((uint)reason, description);

    /// <summary>Ends the connection at once. Any thread.</summary>
    public void Abort()
    {
        Socket.Abort();
        Output.Abort();
    }

    /// <summary>Frees everything. Only when nobody reads any more; a sender is waited for.</summary>
    public async ValueTask DisposeAsync()
    {
        Abort();
        await Output.DisposeAsync().ConfigureAwait(false);
        _run?.Dispose();
        Input.Dispose();
        Socket.Dispose();
    }

    /// <summary>Both KEXINITs are there: the initiator sends its first message.</summary>
    protected abstract ValueTask OnNegotiatedAsync(KexRun run);

    /// <summary>A message of the method, 30 to 49.</summary>
    protected abstract ValueTask OnMethodMessageAsync(KexRun run, InboundPacket packet);

    /// <summary>What is to follow our first NEWKEYS at once, or null.</summary>
    protected abstract byte[]? AfterFirstNewKeys(KexInitMessage peerInit);

    protected Transcript TranscriptOf(KexRun run) => IsServer
        ? new Transcript(PeerIdentification, Identification.Own, run.PeerInit!, run.OwnInit!)
        : new Transcript(Identification.Own, PeerIdentification, run.OwnInit!, run.PeerInit!);

    /// <summary>The keys of an exchange hash; the first one becomes the session id.</summary>
    protected KeyDerivation DeriveKeys(KexRun run, byte[] sharedSecret, byte[] exchangeHash)
    {
        _sessionId ??= exchangeHash;
        return new KeyDerivation(run.Negotiation!.Kex.Hash, sharedSecret, exchangeHash, _sessionId);
    }

    /// <summary>Sends the method's last message, if any, and NEWKEYS, and switches our direction to the new keys, in one write.</summary>
    protected async ValueTask SendNewKeysAsync(KexRun run, KeyDerivation keys, byte[]? before)
    {
        Negotiation negotiation = run.Negotiation!;
        CipherAlgorithm cipher = IsServer ? negotiation.CipherServerToClient : negotiation.CipherClientToServer;
        MacAlgorithm? mac = IsServer ? negotiation.MacServerToClient : negotiation.MacClientToServer;
        (char iv, char key, char macKey) = IsServer ? ('B', 'D', 'F') : ('A', 'C', 'E');
        IPacketSealer sealer = cipher.CreateSealer(
            keys.Derive(key, cipher.KeySize), keys.Derive(iv, cipher.IvSize), mac, keys.Derive(macKey, mac?.KeySize ?? 0));
        await Output.OpenControlBatchAsync().ConfigureAwait(false);
        try
        {
            if (before is not null)
            {
                Output.TryAppend(before);
            }
            Output.TryAppend([MessageNumber.NewKeys]);
            Output.Rekey(sealer, _strict);
            _outputByteLimit = rekeyLimits.BytesFor(cipher);
            run.Keys = keys;
            if (!_outboundKeyed)
            {
                _outboundKeyed = true;
                if (AfterFirstNewKeys(KexInitMessage.Parse(run.PeerInit)) is { } first)
                {
                    Output.TryAppend(first);
                }
            }
            foreach (byte[] pong in _heldPongs)
            {
                Output.TryAppend(pong);
            }
            _heldPongs.Clear();
            await Output.FlushAsync().ConfigureAwait(false);
        }
        finally
        {
            Output.CloseBatch();
        }
    }

    // The batch's buffer belongs to the write until it is over, so one that takes too long is made to fail, not left.
    private async Task FlushOrAbortAsync()
    {
        Task flush = Output.FlushAsync().AsTask();
        try
        {
            await flush.WaitAsync(LastWordPatience, time).ConfigureAwait(false);
        }
        catch (TimeoutException)
        {
            Abort();
            await flush.ConfigureAwait(false);
        }
    }

    private bool KeysAreUsedUp =>
        Output.BytesUnderKeys >= _outputByteLimit || Input.BytesUnderKeys >= _inputByteLimit
        || Output.PacketsUnderKeys >= RekeyLimits.Packets || Input.PacketsUnderKeys >= RekeyLimits.Packets
        || time.GetElapsedTime(_keyedAt) >= RekeyLimits.Age;

    private async ValueTask<InboundPacket> ReadPacketAsync()
    {
        while (true)
        {
            if (Input.TryRead(out InboundPacket packet))
            {
                return packet;
            }
            if (!await Input.FillAsync().ConfigureAwait(false))
            {
                throw new PeerClosedException();
            }
        }
    }

    private async Task ReadIdentificationAsync()
    {
        for (int preceding = 0; ;)
        {
            string? line = Input.TryReadLine();
            if (line is null)
            {
                if (!await Input.FillAsync().ConfigureAwait(false))
                {
                    throw new PeerClosedException();
                }
                continue;
            }
            if (Identification.Is(line))
            {
                Identification.Check(line);
                PeerIdentification = line;
                return;
            }
            // RFC 4253 section 4.2: only a server may send other lines first.
            if (IsServer || ++preceding > Identification.MaximumPrecedingLines)
            {
                throw new SshProtocolException("the peer does not speak SSH");
            }
        }
    }

    private async ValueTask HandleKexAsync(InboundPacket packet)
    {
        switch (packet.Number)
        {
            case MessageNumber.KexInit:
                await HandleKexInitAsync(packet).ConfigureAwait(false);
                return;
            case MessageNumber.NewKeys:
                HandleNewKeys(packet);
                return;
        }
        KexRun run = _run is { PeerInit: not null } running
            ? running
            : throw new SshProtocolException($"key exchange message {packet.Number} without a KEXINIT");
        if (packet.Number < MessageNumber.KexMethodFirst)
        {
            throw new SshProtocolException($"unknown key exchange message {packet.Number}");
        }
        if (run.IgnoreNext)
        {
            run.IgnoreNext = false;
            return;
        }
        if (run.Keys is not null)
        {
            throw new SshProtocolException($"key exchange message {packet.Number} after the exchange");
        }
        await OnMethodMessageAsync(run, packet).ConfigureAwait(false);
    }

    private async ValueTask HandleKexInitAsync(InboundPacket packet)
    {
        if (_run is { PeerInit: not null })
        {
            throw new SshProtocolException("a second KEXINIT during a key exchange");
        }
        KexInitMessage peer = KexInitMessage.Parse(packet.Payload);
        if (!_inboundKeyed)
        {
            _strict = peer.KexAlgorithms.Contains(PeerStrictMarker);
            if (_strict && packet.Sequence != 0)
            {
                throw new SshProtocolException("KEXINIT is not the first packet of a strict key exchange");
            }
        }
        byte[] payload = packet.Payload.ToArray();
        KexRun run = await EnsureOwnInitSentAsync().ConfigureAwait(false);
        run.PeerInit = payload;
        run.Negotiation = Negotiation.Run(Offer, peer, IsServer);
        run.IgnoreNext = run.Negotiation.IgnoreNextKexPacket;
        await OnNegotiatedAsync(run).ConfigureAwait(false);
    }

    private void HandleNewKeys(InboundPacket packet)
    {
        KexRun? run = _run;
        if (run?.Keys is not { } keys)
        {
            throw new SshProtocolException("NEWKEYS before the key exchange is done");
        }
        if (packet.Payload.Length != 1)
        {
            throw new SshProtocolException("NEWKEYS with content");
        }
        Negotiation negotiation = run.Negotiation!;
        CipherAlgorithm cipher = IsServer ? negotiation.CipherClientToServer : negotiation.CipherServerToClient;
        MacAlgorithm? mac = IsServer ? negotiation.MacClientToServer : negotiation.MacServerToClient;
        (char iv, char key, char macKey) = IsServer ? ('A', 'C', 'E') : ('B', 'D', 'F');
        Input.Rekey(
            cipher.CreateOpener(keys.Derive(key, cipher.KeySize), keys.Derive(iv, cipher.IvSize), mac, keys.Derive(macKey, mac?.KeySize ?? 0)),
            _strict);
        _inputByteLimit = rekeyLimits.BytesFor(cipher);
        _keyedAt = time.GetTimestamp();
        _inboundKeyed = true;
        run.Dispose();
        _run = null;
    }

    /// <summary>The present exchange, in which our KEXINIT has been sent; begins one when there is none.</summary>
    private async ValueTask<KexRun> EnsureOwnInitSentAsync()
    {
        await Output.OpenControlBatchAsync().ConfigureAwait(false);
        try
        {
            KexRun run = _run ?? new KexRun { Timeout = time.CreateTimer(OnRekeyTimeout, null, RekeyTimeout, RekeyTimeout) };
            _run = run;
            if (run.OwnInit is null)
            {
                run.OwnInit = KexInitMessage.Write(Offer, []);
                Output.TryAppend(run.OwnInit);
                Output.CloseGate();
                await Output.FlushAsync().ConfigureAwait(false);
            }
            return run;
        }
        finally
        {
            Output.CloseBatch();
        }
    }

    private void OnRekeyTimeout(object? state)
    {
        if (!ReaderIsHeldUp)
        {
            KeyExchangeTimedOut = true;
            Abort();
        }
    }

    // OpenSSH PROTOCOL section 1.8: the answer repeats the data.
    private async ValueTask AnswerPingAsync(InboundPacket packet)
    {
        var reader = new SshReader(packet.Payload[1..]);
        ReadOnlySpan<byte> data = reader.ReadString();
        reader.End();
        if (data.Length > LongestPing)
        {
            throw new SshProtocolException($"a ping of more than {LongestPing} bytes");
        }
        byte[] pong = SshWriter.Message(MessageNumber.Pong).WriteString(data).ToArray();
        await Output.OpenControlBatchAsync().ConfigureAwait(false);
        try
        {
            if (_run is not { OwnInit: not null, Keys: null })
            {
                Output.TryAppend(pong);
                await Output.FlushAsync().ConfigureAwait(false);
            }
            else if (_heldPongs.Count < PongsHeld)
            {
                _heldPongs.Add(pong);
            }
        }
        finally
        {
            Output.CloseBatch();
        }
    }

    private static PeerDisconnectedException ParseDisconnect(ReadOnlySpan<byte> payload)
    {
        var reader = new SshReader(payload[1..]);
        uint reason = reader.ReadUInt32();
        ReadOnlySpan<byte> description = reader.ReadString();
        return new PeerDisconnectedException(reason, Encoding.UTF8.GetString(description[..Math.Min(description.Length, LongestDescription)]));
    }
}
