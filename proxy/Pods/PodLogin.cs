using System.Diagnostics;
using System.Net;
using System.Text;
using SshGateway.Feed.Client;
using SshGateway.Proxy.Authentication;
using SshGateway.Proxy.Outcomes;
using SshGateway.Proxy.Sessions;
using SshGateway.Ssh.Certificates;
using SshGateway.Ssh.Ciphers;
using SshGateway.Ssh.KeyExchange;
using SshGateway.Ssh.Sockets;
using SshGateway.Ssh.Transport;
using SshGateway.Ssh.Wire;

namespace SshGateway.Proxy.Pods;

/// <summary>
/// Opens the pod leg: TCP, key exchange, host key check, login. One attempt with our own credential:
/// what a client did wrong never reaches the pod, whose sshd would hold it against the proxy's address
/// (PerSourcePenalties, OpenSSH 9.8). Where the pod has no sshd, the leg ends at an exec relay.
/// </summary>
internal sealed partial class PodLogin(
    Func<IPodCredentials> credentials, PodHostKeys hostKeys, ExecRelays relays, PodConnector connector, HandshakeSlots slots, PodLoginLimits limits, RekeyLimits rekeyLimits,
    OperatorClock clock, TimeProvider time, ILogger<PodLogin> logger)
{
    // The client's order decides (RFC 4253 section 7.1) and here we are the client: the cheapest first.
    private static readonly KexOffer Algorithms = new(KeyExchangeAlgorithm.All, [], CipherAlgorithm.All, MacAlgorithm.All);

    // A relay may know a new session a moment later than this proxy. Its user may read a banner each time.
    private const int MaxRelayRefusals = 3;

    private static readonly byte[] SshConnection = "ssh-connection"u8.ToArray();

    /// <summary>The authenticated pod leg; the caller owns it.</summary>
    /// <param name="client">Who logs in, and where.</param>
    /// <param name="loop">Where the client's events come from, and the pod's are to come from.</param>
    /// <param name="relayBanner">Takes the banners that the pod's sshd shows, as messages.</param>
    /// <param name="cancellation">
    /// The client has left: nothing more is begun. A handshake that is under way goes on to its end, as sshd counts
    /// those that do not against the proxy's address.
    /// </param>
    /// <exception cref="OperationCanceledException">It was given up.</exception>
    public async Task<Result<SshClientTransport>> RunAsync(
        AuthenticatedClient client, IEventLoop loop, Func<ReadOnlyMemory<byte>, ValueTask> relayBanner, CancellationToken cancellation)
    {
        SessionEntry entry = client.Entry;
        // First of all: what refuses the client here must not cost the pod a connection without a login.
        IPodCredentials gateway = credentials();
        Result<PodCredential[]> offered = gateway.Create(client);
        if (!offered.IsSuccess)
        {
            return offered.Refusal;
        }
        if (entry.IsExec && !relays.IsConfigured)
        {
            return new Refusal(
                ConnectionEnd.ExecRelayMissing,
                $"The pod of session {entry.SessionId} has no sshd, and this gateway has no exec relay for such pods. Please report this to the operators.");
        }
        using IDisposable? slot = await AcquireSlotAsync(entry, cancellation).ConfigureAwait(false);
        if (slot is null)
        {
            return PodServer.Sshd(entry).Refuse(ConnectionEnd.PodHandshakeFailed, "is busy with other logins; try again");
        }
        long beganAt = time.GetTimestamp();
        HashSet<IPEndPoint> tried = [];
        int relayRefusals = 0;
        for (int attempt = 1; ; attempt++)
        {
            Result<PodServer> server = await FindServerAsync(entry, tried, cancellation).ConfigureAwait(false);
            Result<SshClientTransport> result = server.IsSuccess
                ? await AttemptAsync(client, server.Value, loop, gateway, offered.Value, relayBanner, cancellation).ConfigureAwait(false)
                : server.Refusal;
            if (result.Refusal is { } refusal)
            {
                Log.Failed(logger, client.ConnectionId, client.Address, entry.SessionId, attempt, refusal.Sentence, LogText.Printable(refusal.Detail));
                relayRefusals += refusal.End == ConnectionEnd.ExecRelayRefusedLogin ? 1 : 0;
            }
            bool isLast = attempt == limits.Attempts
                || relayRefusals == MaxRelayRefusals || (entry.IsExec && time.GetElapsedTime(beganAt) >= limits.LoginTimeout);
            if (isLast || result.Refusal is not { CanRetry: true })
            {
                return result;
            }
            // Another relay need not be waited for.
            if (!relays.HasOther(tried))
            {
                await Task.Delay(TimeSpan.FromMilliseconds(Random.Shared.Next(50, 200) << (attempt - 1)), time, cancellation).ConfigureAwait(false);
            }
        }
    }

    /// <summary>Where the next attempt goes.</summary>
    /// <param name="tried">The relays that earlier attempts went to.</param>
    private async ValueTask<Result<PodServer>> FindServerAsync(SessionEntry entry, HashSet<IPEndPoint> tried, CancellationToken cancellation) =>
        !entry.IsExec ? PodServer.Sshd(entry)
        : await relays.NextAsync(tried, cancellation).ConfigureAwait(false) is { } relay ? PodServer.Relay(entry, relay)
        : new Refusal(
            ConnectionEnd.ExecRelayUnreachable, $"No exec relay for session {entry.SessionId} can be found. Try again in a moment.", "no name of Proxy:ExecRelays has an address")
        {
            CanRetry = true,
        };

    /// <summary>Null: none became free in time.</summary>
    private async Task<IDisposable?> AcquireSlotAsync(SessionEntry entry, CancellationToken cancellation)
    {
        using var timeout = new CancellationTokenSource(limits.LoginTimeout, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(timeout.Token, cancellation);
        try
        {
            return await slots.AcquireAsync(entry.PodUid, either.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (!cancellation.IsCancellationRequested)
        {
            return null;
        }
    }

    /// <summary>
    /// Another attempt may do better when the pod hung up before its identification, as sshd does beyond MaxStartups.
    /// What we had sent was not read then, so its kernel may say it with a reset.
    /// </summary>
    private async Task<Result<SshClientTransport>> AttemptAsync(
        AuthenticatedClient client, PodServer server, IEventLoop loop, IPodCredentials gateway, PodCredential[] offered,
        Func<ReadOnlyMemory<byte>, ValueTask> relayBanner, CancellationToken cancellation)
    {
        SessionEntry entry = client.Entry;
        PresentedKey? shown = null;
        Refusal? refusal = null;
        bool AcceptHostKey(PresentedKey key)
        {
            shown = key;
            refusal = server.IsRelay ? relays.HostKeys.Check(server, key) : hostKeys.Check(entry, key);
            return refusal is null;
        }

        Result<IPeerSocket> connected = await connector.ConnectAsync(server, loop, cancellation).ConfigureAwait(false);
        if (!connected.IsSuccess)
        {
            return connected.Refusal.CanRetry && !server.IsRelay ? HungUp(server, "reset", canRetry: true) : connected.Refusal;
        }
        var leg = new SshClientTransport(
            connected.Value,
            Algorithms with { HostKeyAlgorithms = server.IsRelay ? relays.HostKeys.Algorithms : hostKeys.FindAlgorithms(entry) },
            AcceptHostKey,
            rekeyLimits,
            time)
        {
            OwnIdentification = Identification.ForPodOf(client.Identification),
        };
        bool done = false;
        using Activity? step = LoginTrace.Start(LoginTrace.PodLogin);
        using var expiry = new CancellationTokenSource(limits.LoginTimeout, time);
        try
        {
            using CancellationTokenRegistration ended = expiry.Token.UnsafeRegister(static leg => ((SshClientTransport)leg!).Abort(), leg);
            await leg.HandshakeAsync().ConfigureAwait(false);
            LogHandshake(leg, client.ConnectionId, server, shown!);
            refusal = await AuthenticateAsync(leg, client, server, gateway, offered, relayBanner, expiry.Token).ConfigureAwait(false)
                ?? (server.IsRelay ? null : hostKeys.Learn(entry, shown!));
            done = refusal is null;
            return refusal is null ? leg : refusal;
        }
        catch (Exception problem) when (problem is PeerGoneException or OperationCanceledException)
        {
            return expiry.IsCancellationRequested
                ? server.Refuse(ConnectionEnd.PodHandshakeFailed, $"does not answer: {(server.IsRelay ? "it" : "its sshd")} did not complete the login in time")
                : HungUp(server, problem.Message, canRetry: !leg.PeerHasIdentified);
        }
        catch (PeerDisconnectedException disconnect)
        {
            return server.Refuse(ConnectionEnd.PodHandshakeFailed, "refused the connection", $"{disconnect.Reason}: {disconnect.Description}");
        }
        catch (Exception problem) when (problem is SshProtocolException or SshFormatException)
        {
            return refusal ?? server.Refuse(ConnectionEnd.PodHandshakeFailed, $"could not be logged in to: {problem.Message}");
        }
        finally
        {
            if (!done)
            {
                await leg.DisposeAsync().ConfigureAwait(false);
            }
        }
    }

    /// <summary>Null: the pod has let us in.</summary>
    private async Task<Refusal?> AuthenticateAsync(
        SshClientTransport leg, AuthenticatedClient client, PodServer server, IPodCredentials gateway, PodCredential[] offered, Func<ReadOnlyMemory<byte>, ValueTask> relayBanner,
        CancellationToken expiry)
    {
        InboundPacket accept = await leg.ReceiveAsync().ConfigureAwait(false);
        if (accept.Number != MessageNumber.ServiceAccept)
        {
            throw new SshProtocolException($"message {accept.Number} instead of SERVICE_ACCEPT");
        }
        // All in one connection: sshd penalises an address for connections that end without a login, not for what was
        // refused before one.
        var refused = new List<string>();
        try
        {
            foreach (PodCredential credential in offered.Where(credential => leg.ServerSignatureAlgorithms?.Contains(credential.Signature.Name) != false))
            {
                byte[] request = await CryptoScheduler.RunAsync(
                    leg.Socket.Loop, gateway.IsQuick && credential.Signature.IsQuick, () => SignedRequest(leg, server.User, credential)).ConfigureAwait(false);
                await leg.Output.SendAsync(request).ConfigureAwait(false);
                if (await ReadAnswerAsync(leg, relayBanner, expiry).ConfigureAwait(false))
                {
                    return null;
                }
                refused.Add(credential.Algorithm);
            }
        }
        catch (Exception gone) when (refused.Count > 0 && !expiry.IsCancellationRequested && gone is PeerDisconnectedException or PeerGoneException)
        {
            // MaxAuthTries allows no second attempt: the first refusal is what counts.
        }
        string tried = refused.Count > 0 ? $"refused {string.Join(" and ", refused)}" : $"takes none of the gateway's signatures ({string.Join(',', leg.ServerSignatureAlgorithms ?? [])})";
        return server.Refuse(
            ConnectionEnd.PodRefusedLogin,
            $"did not accept the gateway's {gateway.Kind}{(clock.Problem is { } problem ? $", and {problem}" : "")}",
            $"user {server.User}; {tried}; {(server.IsRelay ? $"CA {gateway.PublicKey.Fingerprint}; the relay needs it in Exec:UserCa, and the session from an operator" : gateway.Remedy)}");
    }

    /// <summary>Whether that was a success.</summary>
    private static async Task<bool> ReadAnswerAsync(SshClientTransport leg, Func<ReadOnlyMemory<byte>, ValueTask> relayBanner, CancellationToken expiry)
    {
        while (true)
        {
            InboundPacket answer = await leg.ReceiveAsync().ConfigureAwait(false);
            switch (answer.Number)
            {
                case MessageNumber.UserAuthSuccess:
                    return true;
                case MessageNumber.UserAuthFailure:
                    return false;
                case MessageNumber.UserAuthBanner:
                    // A client that does not read must not keep the pod's slot.
                    await relayBanner(answer.Payload.ToArray()).AsTask().WaitAsync(expiry).ConfigureAwait(false);
                    break;
                default:
                    throw new SshProtocolException($"message {answer.Number} during authentication");
            }
        }
    }

    //  byte      SSH_MSG_USERAUTH_REQUEST
    //  string    user name
    //  string    "ssh-connection"
    //  string    "publickey"
    //  boolean   TRUE
    //  string    public key algorithm name
    //  string    public key blob (or the certificate)
    //  string    signature over session id and all of the above
    private static byte[] SignedRequest(SshClientTransport leg, string user, PodCredential credential)
    {
        SshWriter request = SshWriter.Message(MessageNumber.UserAuthRequest)
            .WriteString(Encoding.UTF8.GetBytes(user))
            .WriteString(SshConnection)
            .WriteString("publickey")
            .WriteBoolean(true)
            .WriteString(credential.Algorithm)
            .WriteString(credential.MakeBlob().Span);
        byte[] signed = new SshWriter().WriteString(leg.SshSessionId).WriteBytes(request.Written).ToArray();
        return request.WriteString(credential.Key.Sign(credential.Signature, signed)).ToArray();
    }

    private static Refusal HungUp(PodServer server, string detail, bool canRetry) =>
        server.Refuse(ConnectionEnd.PodHandshakeFailed, "closed the connection during the login", detail) with { CanRetry = canRetry || server.IsRelay };

    private void LogHandshake(SshClientTransport leg, string connection, PodServer server, PresentedKey hostKey)
    {
        if (logger.IsEnabled(LogLevel.Debug))
        {
            Log.KeysExchanged(logger, connection, server.Session.SessionId, server.Endpoint, leg.NegotiatedAlgorithms, hostKey.Key.Fingerprint);
        }
    }

    private static partial class Log
    {
        [LoggerMessage(1, LogLevel.Debug, "Connection {Connection} from {Client}: pod login attempt {Attempt} for session {SessionId} failed: {Problem} {Detail}")]
        public static partial void Failed(ILogger logger, string connection, IPEndPoint client, string sessionId, int attempt, string problem, string? detail);

        [LoggerMessage(2, LogLevel.Debug, "Connection {Connection}: the pod of session {SessionId} at {Endpoint} negotiated {Algorithms}, host key {Fingerprint}")]
        public static partial void KeysExchanged(ILogger logger, string connection, string sessionId, IPEndPoint? endpoint, string algorithms, string fingerprint);
    }
}
