using System.Net.Sockets;
using System.Text;
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
/// what a client did wrong never reaches the pod, whose sshd would hold it against the proxy's address (PerSourcePenalties, OpenSSH 9.8).
/// </summary>
internal sealed class PodLogin(
    IPodCredentials credentials, PodHostKeys hostKeys, PodConnector connector, HandshakeSlots slots, PodLoginLimits limits, RekeyLimits rekeyLimits, TimeProvider time)
{
    // The client's order decides (RFC 4253 section 7.1) and here we are the client: the cheapest first.
    private static readonly KexOffer Algorithms = new(KeyExchangeAlgorithm.All, [], CipherAlgorithm.All, MacAlgorithm.All);

    private static readonly byte[] SshConnection = "ssh-connection"u8.ToArray();

    /// <summary>The authenticated pod leg; the caller owns it.</summary>
    /// <param name="client">Who logs in, and where.</param>
    /// <param name="clientSocket">Beside which the pod leg's is to be.</param>
    /// <param name="relayBanner">Takes the banners that the pod's sshd shows, as messages.</param>
    /// <param name="cancellation">
    /// The client has left: nothing more is begun. A handshake that is under way goes on to its end, as sshd counts those that do not against the proxy's address.
    /// </param>
    /// <exception cref="LoginRefusedException">It did not come about; the message says why.</exception>
    /// <exception cref="OperationCanceledException">It was given up.</exception>
    public async Task<SshClientTransport> RunAsync(
        AuthenticatedClient client, IPeerSocket clientSocket, Func<ReadOnlyMemory<byte>, ValueTask> relayBanner, CancellationToken cancellation)
    {
        SessionEntry entry = client.Entry;
        // First of all: what refuses the client here must not cost the pod a connection without a login.
        IReadOnlyList<PodCredential> offered = credentials.For(client);
        using IDisposable slot = await EnterSlotAsync(entry, cancellation).ConfigureAwait(false);
        for (int attempt = 1; ; attempt++)
        {
            SshClientTransport? leg = await TryAttemptAsync(
                client, clientSocket, offered, relayBanner, lastAttempt: attempt == limits.Attempts, cancellation).ConfigureAwait(false);
            if (leg is not null)
            {
                return leg;
            }
            await Task.Delay(TimeSpan.FromMilliseconds(Random.Shared.Next(50, 200) << (attempt - 1)), time, cancellation).ConfigureAwait(false);
        }
    }

    private async Task<IDisposable> EnterSlotAsync(SessionEntry entry, CancellationToken cancellation)
    {
        using var patience = new CancellationTokenSource(limits.LoginTimeout, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(patience.Token, cancellation);
        try
        {
            return await slots.EnterAsync(entry.PodUid, either.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (!cancellation.IsCancellationRequested)
        {
            throw PodConnector.Refused(entry, ConnectionEnd.PodHandshakeFailed, "is busy with other logins; try again", null);
        }
    }

    /// <summary>
    /// Null: the pod hung up before its identification, as sshd does beyond MaxStartups, and another attempt may do better. What we had sent was not
    /// read then, so its kernel may say it with a reset.
    /// </summary>
    private async Task<SshClientTransport?> TryAttemptAsync(
        AuthenticatedClient client, IPeerSocket clientSocket, IReadOnlyList<PodCredential> offered, Func<ReadOnlyMemory<byte>, ValueTask> relayBanner, bool lastAttempt,
        CancellationToken cancellation)
    {
        SessionEntry entry = client.Entry;
        PresentedKey? shown = null;
        void CheckHostKey(PresentedKey key)
        {
            hostKeys.Check(entry, key);
            shown = key;
        }

        if (await connector.ConnectAsync(entry, clientSocket, cancellation).ConfigureAwait(false) is not { } socket)
        {
            return lastAttempt ? throw HungUp(entry, "reset") : null;
        }
        var leg = new SshClientTransport(
            socket,
            Algorithms with { HostKeyAlgorithms = hostKeys.AlgorithmsFor(entry) },
            CheckHostKey,
            rekeyLimits,
            time);
        bool done = false;
        using var expiry = new CancellationTokenSource(limits.LoginTimeout, time);
        try
        {
            using CancellationTokenRegistration ended = expiry.Token.UnsafeRegister(static leg => ((SshClientTransport)leg!).Abort(), leg);
            await leg.HandshakeAsync().ConfigureAwait(false);
            await AuthenticateAsync(leg, client, offered, relayBanner, expiry.Token).ConfigureAwait(false);
            hostKeys.Learn(entry, shown!);
            done = true;
            return leg;
        }
        catch (Exception gone) when (gone is PeerClosedException or SocketException && !leg.PeerHasIdentified && !expiry.IsCancellationRequested && !lastAttempt)
        {
            return null;
        }
        catch (Exception problem) when (problem is PeerClosedException or SocketException or ObjectDisposedException or OperationCanceledException)
        {
            throw expiry.IsCancellationRequested
                ? PodConnector.Refused(entry, ConnectionEnd.PodHandshakeFailed, "does not answer: its sshd did not complete the login in time", null)
                : HungUp(entry, problem.Message);
        }
        catch (PeerDisconnectedException disconnect)
        {
            throw PodConnector.Refused(entry, ConnectionEnd.PodHandshakeFailed, "refused the connection", $"{disconnect.Reason}: {disconnect.Description}");
        }
        catch (Exception problem) when (problem is SshProtocolException or SshFormatException)
        {
            throw PodConnector.Refused(entry, ConnectionEnd.PodHandshakeFailed, $"could not be logged in to: {problem.Message}", null);
        }
        finally
        {
            if (!done)
            {
                await leg.DisposeAsync().ConfigureAwait(false);
            }
        }
    }

    private async Task AuthenticateAsync(
        SshClientTransport leg, AuthenticatedClient client, IReadOnlyList<PodCredential> offered, Func<ReadOnlyMemory<byte>, ValueTask> relayBanner, CancellationToken expiry)
    {
        InboundPacket accept = await leg.ReceiveAsync().ConfigureAwait(false);
        if (accept.Number != MessageNumber.ServiceAccept)
        {
            throw new SshProtocolException($"message {accept.Number} instead of SERVICE_ACCEPT");
        }
        // All in one connection: sshd penalises an address for connections that end without a login, not for what was refused before one.
        var refused = new List<string>();
        try
        {
            foreach (PodCredential credential in offered.Where(credential => leg.ServerSignatureAlgorithms?.Contains(credential.Signature.Name) != false))
            {
                byte[] request = await CryptoScheduler.RunAsync(
                    leg.Socket, credentials.IsQuick && credential.Signature.IsQuick, () => SignedRequest(leg, client, credential)).ConfigureAwait(false);
                await leg.Output.SendAsync(request).ConfigureAwait(false);
                if (await ReadAnswerAsync(leg, relayBanner, expiry).ConfigureAwait(false))
                {
                    return;
                }
                refused.Add(credential.Algorithm);
            }
        }
        catch (Exception gone) when (refused.Count > 0 && gone is PeerDisconnectedException or PeerClosedException)
        {
            // MaxAuthTries allows no second attempt: the first refusal is what counts.
        }
        string tried = refused.Count > 0 ? $"refused {string.Join(" and ", refused)}" : $"takes none of the gateway's signatures ({string.Join(',', leg.ServerSignatureAlgorithms ?? [])})";
        throw PodConnector.Refused(
            client.Entry,
            ConnectionEnd.PodRefusedLogin,
            $"did not accept the gateway's {credentials.Kind}",
            $"user {client.Entry.TargetUser}; {tried}; {credentials.Remedy}");
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
    private static byte[] SignedRequest(SshClientTransport leg, AuthenticatedClient client, PodCredential credential)
    {
        SshWriter request = SshWriter.Message(MessageNumber.UserAuthRequest)
            .WriteString(Encoding.UTF8.GetBytes(client.Entry.TargetUser))
            .WriteString(SshConnection)
            .WriteString("publickey")
            .WriteBoolean(true)
            .WriteString(credential.Algorithm)
            .WriteString(credential.MakeBlob().Span);
        byte[] signed = new SshWriter().WriteString(leg.SessionId).WriteBytes(request.Written).ToArray();
        return request.WriteString(credential.Key.Sign(credential.Signature, signed)).ToArray();
    }

    private static LoginRefusedException HungUp(SessionEntry entry, string detail) =>
        PodConnector.Refused(entry, ConnectionEnd.PodHandshakeFailed, "closed the connection during the login", detail);
}
