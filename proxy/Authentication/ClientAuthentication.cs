using System.Buffers;
using System.Text;
using SshGateway.Feed;
using SshGateway.Proxy.Sessions;
using SshGateway.Ssh.Certificates;
using SshGateway.Ssh.Keys;
using SshGateway.Ssh.Transport;
using SshGateway.Ssh.Wire;

namespace SshGateway.Proxy.Authentication;

/// <summary>
/// Authenticates the client against its session's keys: RFC 4252. Sessions that do not exist take exactly the path of those that do, with no
/// keys, so that nothing tells one from the other.
/// </summary>
internal sealed class ClientAuthentication(SshServerTransport leg, SessionTable table, TimeProvider time)
{
    private static readonly byte[] Failure =
        SshWriter.Message(MessageNumber.UserAuthFailure).WriteNameList(["publickey"]).WriteBoolean(false).ToArray();

    private byte[]? _user;
    private int _queries;
    private int _failures;
    private int _otherRequests;
    private int _repeatedServiceRequests;

    /// <summary>The user name that the client gave, for the log; empty before its first request.</summary>
    public string UserName => _user is null ? "" : Encoding.ASCII.GetString(_user);

    /// <summary>Why the last certificate was refused, for the log; null when none was, or the client is in.</summary>
    public string? CertificateRefusal { get; private set; }

    /// <summary>Runs until a key of the session has made a verified signature. No answer has been sent to that request yet.</summary>
    /// <exception cref="SshProtocolException">The client broke the protocol or ran out of attempts.</exception>
    public async Task<AuthenticatedClient> RunAsync()
    {
        await AcceptServiceAsync(await leg.ReceiveAsync().ConfigureAwait(false)).ConfigureAwait(false);
        while (true)
        {
            InboundPacket packet = await leg.ReceiveAsync().ConfigureAwait(false);
            long receivedAt = time.GetTimestamp();
            if (packet.Number == MessageNumber.ServiceRequest)
            {
                Count(ref _repeatedServiceRequests, AuthenticationLimits.RepeatedServiceRequests);
                await AcceptServiceAsync(packet).ConfigureAwait(false);
                continue;
            }
            if (ReadRequest(packet.Payload) is not { } request)
            {
                Count(ref _otherRequests, AuthenticationLimits.OtherRequests);
                await leg.Output.SendAsync(Failure).ConfigureAwait(false);
                continue;
            }
            if (request.Signature is null)
            {
                await AnswerQueryAsync(request, receivedAt).ConfigureAwait(false);
                continue;
            }
            if (await VerifyAsync(request).ConfigureAwait(false) is { } client)
            {
                return client;
            }
            Count(ref _failures, AuthenticationLimits.Failures);
            await RefuseAsync(receivedAt).ConfigureAwait(false);
        }
    }

    private async Task AcceptServiceAsync(InboundPacket packet)
    {
        CheckServiceRequest(packet.Payload);
        await leg.Output.SendAsync(SshWriter.Message(MessageNumber.ServiceAccept).WriteString("ssh-userauth").ToArray()).ConfigureAwait(false);
    }

    private static void CheckServiceRequest(ReadOnlySpan<byte> payload)
    {
        var reader = new SshReader(payload);
        if (reader.ReadByte() != MessageNumber.ServiceRequest)
        {
            throw new SshProtocolException($"message {payload[0]} before authentication");
        }
        if (!reader.ReadString().SequenceEqual("ssh-userauth"u8))
        {
            throw new SshProtocolException(DisconnectReason.ServiceNotAvailable, "the only service before authentication is ssh-userauth");
        }
        reader.End();
    }

    /// <summary>A publickey request, or null for any other method.</summary>
    private PublicKeyRequest? ReadRequest(ReadOnlySpan<byte> payload)
    {
        UserAuthRequest request = UserAuthRequest.Parse(payload);
        _user ??= request.User.ToArray();
        // RFC 4252 section 5 lets a client change them; a gateway that has chosen a session by the name must not.
        if (!request.User.SequenceEqual(_user) || !request.Service.SequenceEqual("ssh-connection"u8))
        {
            throw new SshProtocolException("the user name and the service cannot change within a connection");
        }
        bool hostbound = request.Method.SequenceEqual("publickey-hostbound-v00@openssh.com"u8);
        return hostbound || request.Method.SequenceEqual("publickey"u8) ? PublicKeyRequest.Parse(payload, request.Rest, hostbound) : null;
    }

    private async Task AnswerQueryAsync(PublicKeyRequest request, long receivedAt)
    {
        Count(ref _queries, AuthenticationLimits.Queries);
        // A certificate that no CA has signed must not tell which sessions there are, though everybody knows the CA's public key.
        if (PresentedBy(request) is { } presented
            && (presented.Certificate is null || await CryptoScheduler.RunAsync(leg.Socket, presented.Certificate.IsQuick, presented.Certificate.IsSigned).ConfigureAwait(false))
            && Admit(presented) is not null)
        {
            await leg.Output.SendAsync(
                SshWriter.Message(MessageNumber.UserAuthPublicKeyOk).WriteString(request.AlgorithmName).WriteString(request.KeyBlob).ToArray())
                .ConfigureAwait(false);
            return;
        }
        await RefuseAsync(receivedAt).ConfigureAwait(false);
    }

    /// <summary>
    /// The decision: on the key (and its certificate) that made the signature, in this request, and on nothing that was asked or said before (CVE-2024-45337).
    /// The signature is verified first and the session looked up then, so that both take the same time for every session id.
    /// </summary>
    private async Task<AuthenticatedClient?> VerifyAsync(PublicKeyRequest request)
    {
        PresentedKey? presented = PresentedBy(request);
        if (presented is null || (request.HostKey is not null && !request.HostKey.AsSpan().SequenceEqual(leg.HostKey.Span)))
        {
            return null;
        }
        byte[] signedData = new SshWriter().WriteString(leg.SessionId).WriteBytes(request.SignedPart).ToArray();
        SecurityKeyFlags demanded = UserCertificateRules.Demands(presented.Certificate);
        bool isQuick = request.Algorithm!.Signature.IsQuick && presented.Certificate?.IsQuick != false;
        bool valid = await CryptoScheduler.RunAsync(leg.Socket, isQuick, () =>
            SignatureVerifier.Verify(presented.Key, request.Algorithm.Signature, request.Signature, signedData, demanded)
            && presented.Certificate?.IsSigned() != false).ConfigureAwait(false);
        return valid ? Admit(presented) : null;
    }

    private static PresentedKey? PresentedBy(PublicKeyRequest request)
    {
        try
        {
            return request.Algorithm is { } algorithm ? PresentedKey.Parse(algorithm, request.KeyBlob) : null;
        }
        catch (SshFormatException)
        {
            return null;
        }
    }

    private AuthenticatedClient? Admit(PresentedKey presented)
    {
        if (Lookup() is not { } entry)
        {
            return null;
        }
        var client = new AuthenticatedClient(entry, presented.Key, leg.Socket.RemoteEndPoint, presented.Certificate);
        string? refusal = client.RefusalBy(entry, time.GetUtcNow());
        if (refusal is null)
        {
            CertificateRefusal = null;
            return client;
        }
        if (presented.Certificate is { } certificate)
        {
            CertificateRefusal = $"The {certificate} {refusal}.";
        }
        return null;
    }

    private SessionEntry? Lookup()
    {
        Span<char> sessionId = stackalloc char[SessionNames.MaxSessionId];
        return _user!.Length <= SessionNames.MaxSessionId
            && Ascii.ToUtf16(_user, sessionId, out int length) == OperationStatus.Done
            && table.TryGet(sessionId[..length], out SessionEntry? entry)
            ? entry
            : null;
    }

    private async Task RefuseAsync(long receivedAt)
    {
        await RefusalClock.WaitAsync(receivedAt, time).ConfigureAwait(false);
        await leg.Output.SendAsync(Failure).ConfigureAwait(false);
    }

    private static void Count(ref int count, int limit)
    {
        if (++count > limit)
        {
            throw new SshProtocolException(DisconnectReason.NoMoreAuthMethodsAvailable, "Too many authentication failures");
        }
    }
}
