using SshGateway.Ssh.KeyExchange;
using SshGateway.Ssh.Sockets;
using SshGateway.Ssh.Wire;

namespace SshGateway.Ssh.Transport;

/// <summary>
/// The key exchanges of a leg, the first one and all later ones, whoever starts them: RFC 4253 section 7. The two roles
/// are <see cref="ServerKeyExchange"/> and <see cref="ClientKeyExchange"/>. The leg's reader calls <see
/// cref="HandleAsync"/>; our KEXINIT may also be sent by the other pump, so whether it has been is decided with the
/// output's batch open.
/// </summary>
internal abstract class TransportKeyExchange(SshTransport transport, KexOffer offer, RekeyLimits limits, TimeProvider time) : IDisposable
{
    // A peer in the middle of a transfer first sends what it has under way; on a slow line that takes a while.
    private static readonly TimeSpan RekeyTimeout = TimeSpan.FromMinutes(2);

    // How often a timeout is put off because the leg cannot be read: for as long as a write to the other leg may be
    // stuck.
    private const int HoldUpsTolerated = 5;

    // Of both legs of a bridge: see TryStartAsync.
    private static readonly Lock Start = new();

    private readonly KexAllowance _allowance = new(time);
    private byte[]? _sshSessionId;
    private volatile KexRun? _run;
    private Negotiation? _negotiation;
    private volatile bool _starting;
    private bool _strict;
    private bool _sentFirstNewKeys;
    private long _keyedAt;
    private long _outputByteLimit = long.MaxValue;
    private long _inputByteLimit = long.MaxValue;

    /// <summary>H of the first exchange: what signatures on this leg are bound to.</summary>
    public ReadOnlySpan<byte> SshSessionId => _sshSessionId ?? throw new InvalidOperationException("before the first key exchange");

    /// <summary>Whether the first exchange is done.</summary>
    public bool IsKeyed { get; private set; }

    /// <summary>The first exchange is under way and strict: only key exchange may come (PROTOCOL 1.10).</summary>
    public bool IsStrictlyUnkeyed => _strict && !IsKeyed;

    /// <summary>RFC 4253 section 7.1: the peer sends no higher layer between its KEXINIT and its NEWKEYS.</summary>
    public bool PeerIsExchanging => !IsKeyed || _run is { PeerInit: not null };

    /// <summary>Set while this leg is not read because the other's peer takes nothing: nothing times out.</summary>
    public bool ReaderIsHeldUp { get; set; }

    /// <summary>Whether the leg was ended because an exchange did not go on.</summary>
    public bool TimedOut { get; private set; }

    /// <summary>What the first exchange agreed on, and the peer's identification, for a log of the login.</summary>
    public string NegotiatedAlgorithms => $"{_negotiation} with \"{PeerIdentification}\"";

    /// <summary>The peer's identification line, once it has come.</summary>
    public string PeerIdentification { get; set; } = "";

    /// <summary>Our identification line. It must not change once it was sent.</summary>
    public abstract string OwnIdentification { get; set; }

    protected KexOffer Offer => offer;

    protected IEventLoop Loop => transport.Socket.Loop;

    protected PacketOutput Output => transport.Output;

    protected abstract bool IsServer { get; }

    /// <summary>The markers of our first KEXINIT.</summary>
    protected abstract IReadOnlyList<string> Markers { get; }

    protected abstract string PeerStrictMarker { get; }

    private PacketInput Input => transport.Input;

    private bool IsUnderWay => _run is not null || _starting;

    private bool KeysAreUsedUp =>
        Output.BytesUnderKeys >= _outputByteLimit || Input.BytesUnderKeys >= _inputByteLimit
        || Output.PacketsUnderKeys >= RekeyLimits.Packets || Input.PacketsUnderKeys >= RekeyLimits.Packets
        || time.GetElapsedTime(_keyedAt) >= RekeyLimits.Age;

    /// <summary>Our identification and first KEXINIT, in one write and without waiting for the peer's.</summary>
    public async Task SendFirstInitAsync()
    {
        var run = new KexRun { OwnInit = KexInitMessage.Write(offer, Markers) };
        _run = run;
        await Output.OpenControlBatchAsync().ConfigureAwait(false);
        try
        {
            Output.AppendRaw(Identification.WriteLine(OwnIdentification));
            Output.AppendControl(run.OwnInit);
            Output.CloseGate();
        }
        finally
        {
            Output.CloseAndFlushLater();
        }
    }

    /// <summary>Deals with a message from 20 to 49.</summary>
    /// <exception cref="SshProtocolException">It must not come now, or there is nothing in common.</exception>
    public ValueTask HandleAsync(InboundPacket packet)
    {
        switch (packet.Number)
        {
            case MessageNumber.KexInit:
                return HandleInitAsync(packet);
            case MessageNumber.NewKeys:
                HandleNewKeys(packet);
                return ValueTask.CompletedTask;
            default:
                return HandleMethodMessageAsync(packet);
        }
    }

    /// <summary>
    /// Starts an exchange when the keys are used up. Not while the other leg of the bridge is in one: a pump that waits
    /// for this leg's new keys does not read the other leg, so with both exchanges begun by us each could wait for the
    /// other for ever. One begun by a peer does no harm: behind its KEXINIT there is nothing left for the pump to wait
    /// with.
    /// </summary>
    public async ValueTask TryStartAsync(TransportKeyExchange other)
    {
        if (!KeysAreUsedUp)
        {
            return;
        }
        lock (Start)
        {
            if (IsUnderWay || other.IsUnderWay)
            {
                return;
            }
            _starting = true;
        }
        try
        {
            await EnsureOwnInitSentAsync().ConfigureAwait(false);
        }
        finally
        {
            _starting = false;
        }
    }

    /// <summary>Both sides are authenticated: more key exchanges are taken, at a bounded rate.</summary>
    public void EnterRelaying()
    {
        _allowance.Authenticated();
        _negotiation = null;
    }

    public void Dispose() => _run?.Dispose();

    /// <summary>Both KEXINITs are there: the side that initiates sends its first message.</summary>
    protected abstract ValueTask OnNegotiatedAsync(KexRun run);

    /// <summary>A message of the method, 30 to 49.</summary>
    protected abstract ValueTask OnMethodMessageAsync(KexRun run, InboundPacket packet);

    /// <summary>What is to follow our first NEWKEYS at once, or null.</summary>
    protected abstract byte[]? AfterFirstNewKeys(KexInitMessage peerInit);

    protected Transcript TranscriptOf(KexRun run) => IsServer
        ? new Transcript(PeerIdentification, OwnIdentification, run.PeerInit!, run.OwnInit!)
        : new Transcript(OwnIdentification, PeerIdentification, run.OwnInit!, run.PeerInit!);

    /// <summary>The keys of an exchange hash; the first one becomes the session id.</summary>
    protected KeyDerivation DeriveKeys(KexRun run, byte[] sharedSecret, byte[] exchangeHash)
    {
        _sshSessionId ??= exchangeHash;
        return new KeyDerivation(run.Negotiation!.Kex.Hash, sharedSecret, exchangeHash, _sshSessionId);
    }

    /// <summary>Sends the method's last message, if any, with NEWKEYS, and switches keys, in one write.</summary>
    protected async ValueTask SendNewKeysAsync(KexRun run, KeyDerivation keys, byte[]? before)
    {
        DirectionKeys outbound = IsServer ? DirectionKeys.ServerToClient(run.Negotiation!) : DirectionKeys.ClientToServer(run.Negotiation!);
        await Output.OpenControlBatchAsync().ConfigureAwait(false);
        try
        {
            if (before is not null)
            {
                Output.AppendControl(before);
            }
            Output.AppendControl([MessageNumber.NewKeys]);
            Output.Rekey(outbound.CreateSealer(keys), _strict);
            _outputByteLimit = limits.BytesFor(outbound.Cipher);
            run.Keys = keys;
            if (!_sentFirstNewKeys)
            {
                _sentFirstNewKeys = true;
                if (AfterFirstNewKeys(KexInitMessage.Parse(run.PeerInit)) is { } first)
                {
                    Output.AppendControl(first);
                }
            }
        }
        finally
        {
            Output.CloseAndFlushLater();
        }
    }

    private async ValueTask HandleInitAsync(InboundPacket packet)
    {
        if (_run is { PeerInit: not null })
        {
            throw new SshProtocolException("a second KEXINIT during a key exchange");
        }
        KexInitMessage peer = KexInitMessage.Parse(packet.Payload);
        if (!IsKeyed)
        {
            _strict = peer.KexAlgorithms.Contains(PeerStrictMarker);
            if (_strict && packet.Sequence != 0)
            {
                throw new SshProtocolException("KEXINIT is not the first packet of a strict key exchange");
            }
        }
        else if (_run is null)
        {
            // The peer's own idea, not the answer to ours.
            _allowance.Take(Input.BytesUnderKeys + Output.BytesUnderKeys - packet.Payload.Length);
        }
        byte[] payload = packet.Payload.ToArray();
        KexRun run = await EnsureOwnInitSentAsync().ConfigureAwait(false);
        run.PeerInit = payload;
        run.Negotiation = Negotiation.Run(offer, peer, IsServer);
        run.IgnoreNext = run.Negotiation.IgnoreNextKexPacket;
        await OnNegotiatedAsync(run).ConfigureAwait(false);
    }

    private async ValueTask HandleMethodMessageAsync(InboundPacket packet)
    {
        if (_run is not { PeerInit: not null, Keys: null } run || packet.Number < MessageNumber.KexMethodFirst)
        {
            throw new SshProtocolException($"unexpected key exchange message {packet.Number}");
        }
        if (run.IgnoreNext)
        {
            run.IgnoreNext = false;
            return;
        }
        await OnMethodMessageAsync(run, packet).ConfigureAwait(false);
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
        DirectionKeys inbound = IsServer ? DirectionKeys.ClientToServer(run.Negotiation!) : DirectionKeys.ServerToClient(run.Negotiation!);
        Input.Rekey(inbound.CreateOpener(keys), _strict);
        _inputByteLimit = limits.BytesFor(inbound.Cipher);
        _keyedAt = time.GetTimestamp();
        if (!IsKeyed)
        {
            IsKeyed = true;
            _negotiation = run.Negotiation;
        }
        run.Dispose();
        _run = null;
    }

    /// <summary>The present exchange, in which our KEXINIT has been sent; begins one when there is none.</summary>
    private async ValueTask<KexRun> EnsureOwnInitSentAsync()
    {
        await Output.OpenControlBatchAsync().ConfigureAwait(false);
        try
        {
            KexRun run = _run ?? new KexRun { Timeout = time.CreateTimer(OnTimeout, null, RekeyTimeout, RekeyTimeout) };
            _run = run;
            if (run.OwnInit is null)
            {
                run.OwnInit = KexInitMessage.Write(offer, []);
                Output.AppendControl(run.OwnInit);
                Output.CloseGate();
            }
            return run;
        }
        finally
        {
            Output.CloseAndFlushLater();
        }
    }

    private void OnTimeout(object? state)
    {
        if (ReaderIsHeldUp && _run is { } run && ++run.HoldUps <= HoldUpsTolerated)
        {
            return;
        }
        TimedOut = true;
        transport.Abort();
    }
}
