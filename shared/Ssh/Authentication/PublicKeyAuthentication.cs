using System.Text;
using SshGateway.Ssh.Certificates;
using SshGateway.Ssh.Keys;
using SshGateway.Ssh.Transport;
using SshGateway.Ssh.Wire;

namespace SshGateway.Ssh.Authentication;

/// <summary>
/// The server's side of RFC 4252 with the one method publickey: the exchange of messages and its bounds. Which keys
/// open what is the derived class's.
/// </summary>
/// <typeparam name="TClient">What is known of a client that has logged in.</typeparam>
internal abstract class PublicKeyAuthentication<TClient>(SshServerTransport leg, TimeProvider time)
    where TClient : class
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

    protected SshServerTransport Leg => leg;

    protected TimeProvider Time => time;

    /// <summary>The same as it came; null before the first request.</summary>
    protected byte[]? User => _user;

    /// <summary>Runs until a key has made a verified signature. That is not answered yet.</summary>
    /// <returns>Null: the client has used up its attempts.</returns>
    /// <exception cref="SshProtocolException">The client broke the protocol.</exception>
    public async Task<TClient?> RunAsync()
    {
        await AcceptServiceAsync(await leg.ReceiveAsync().ConfigureAwait(false)).ConfigureAwait(false);
        while (true)
        {
            InboundPacket packet = await leg.ReceiveAsync().ConfigureAwait(false);
            long receivedAt = time.GetTimestamp();
            if (packet.Number == MessageNumber.ServiceRequest)
            {
                if (++_repeatedServiceRequests > AuthenticationLimits.RepeatedServiceRequests)
                {
                    return null;
                }
                await AcceptServiceAsync(packet).ConfigureAwait(false);
                continue;
            }
            if (ReadRequest(packet.Payload) is not { } request)
            {
                if (++_otherRequests > AuthenticationLimits.OtherRequests)
                {
                    return null;
                }
                await leg.Output.SendAsync(Failure).ConfigureAwait(false);
                continue;
            }
            if (request.Signature is null)
            {
                if (++_queries > AuthenticationLimits.Queries)
                {
                    return null;
                }
                await AnswerQueryAsync(request, receivedAt).ConfigureAwait(false);
                continue;
            }
            if (await VerifyAsync(request).ConfigureAwait(false) is { } client)
            {
                return client;
            }
            if (++_failures > AuthenticationLimits.Failures)
            {
                return null;
            }
            await RefuseAsync(receivedAt).ConfigureAwait(false);
        }
    }

    /// <summary>Whether a signature by this key would do.</summary>
    protected abstract Task<bool> AcceptsAsync(PublicKeyRequest request);

    /// <summary>
    /// The decision: on the key (and its certificate) that made the signature, in this request, and on nothing that was
    /// asked or said before (CVE-2024-45337). Null: the request is refused.
    /// </summary>
    protected abstract Task<TClient?> VerifyAsync(PublicKeyRequest request);

    /// <summary>Whether the request is not bound to another host key than this connection's.</summary>
    protected bool IsForThisServer(PublicKeyRequest request) => request.HostKey is null || request.HostKey.AsSpan().SequenceEqual(leg.HostKey.Span);

    /// <summary>Whether the key made the request's signature, and its CA that of its certificate.</summary>
    /// <param name="required">What a security key must vouch for.</param>
    protected Task<bool> IsSignedAsync(PublicKeyRequest request, PresentedKey presented, SecurityKeyFlags required)
    {
        byte[] signedData = new SshWriter().WriteString(leg.SshSessionId).WriteBytes(request.SignedPart).ToArray();
        bool isQuick = request.Algorithm!.Signature.IsQuick && presented.Certificate?.IsQuick != false;
        return CryptoScheduler.RunAsync(leg.Socket.Loop, isQuick, () =>
            SignatureVerifier.Verify(presented.Key, request.Algorithm.Signature, request.Signature!, signedData, required)
            && presented.Certificate?.IsSigned() != false);
    }

    /// <summary>Whether the certificate, if there is one, has the signature of the CA that it names.</summary>
    protected Task<bool> IsCertifiedAsync(PresentedKey presented) => presented.Certificate is { } certificate
        ? CryptoScheduler.RunAsync(leg.Socket.Loop, certificate.IsQuick, certificate.IsSigned)
        : Task.FromResult(true);

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
        // RFC 4252 section 5 lets a client change them; a server that has chosen a session by the name must not.
        if (!request.User.SequenceEqual(_user) || !request.Service.SequenceEqual("ssh-connection"u8))
        {
            throw new SshProtocolException("the user name and the service cannot change within a connection");
        }
        bool hostbound = request.Method.SequenceEqual("publickey-hostbound-v00@openssh.com"u8);
        return hostbound || request.Method.SequenceEqual("publickey"u8) ? PublicKeyRequest.Parse(payload, request.MethodFields, hostbound) : null;
    }

    private async Task AnswerQueryAsync(PublicKeyRequest request, long receivedAt)
    {
        if (await AcceptsAsync(request).ConfigureAwait(false))
        {
            await leg.Output.SendAsync(
                SshWriter.Message(MessageNumber.UserAuthPublicKeyOk).WriteString(request.AlgorithmName).WriteString(request.KeyBlob).ToArray())
                .ConfigureAwait(false);
            return;
        }
        await RefuseAsync(receivedAt).ConfigureAwait(false);
    }

    private async Task RefuseAsync(long receivedAt)
    {
        await RefusalClock.WaitAsync(receivedAt, time).ConfigureAwait(false);
        await leg.Output.SendAsync(Failure).ConfigureAwait(false);
    }
}
