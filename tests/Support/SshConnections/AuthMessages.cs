using SshGateway.Ssh.Keys;
using SshGateway.Ssh.Transport;
using SshGateway.Ssh.Wire;

namespace SshGateway.Tests.Support.SshConnections;

/// <summary>Requests of RFC 4252 and OpenSSH PROTOCOL section 3.1, right and wrong ones.</summary>
internal static class AuthMessages
{
    public static byte[] ServiceRequest(string service = "ssh-userauth") => SshWriter.Message(MessageNumber.ServiceRequest).WriteString(service).ToArray();

    public static byte[] None(string user, string service = "ssh-connection") => Head(user, "none", service).ToArray();

    public static byte[] Password(string user) => Head(user, "password").WriteBoolean(false).WriteString("secret").ToArray();

    public static byte[] Query(string user, SshPrivateKey key) => Query(user, key.PreferredAlgorithm.Name, key.PublicKey.Blob.ToArray());

    public static byte[] Query(string user, string algorithm, byte[] blob) =>
        Head(user, "publickey").WriteBoolean(false).WriteString(algorithm).WriteString(blob).ToArray();

    public static byte[] Signed(SshTransport leg, string user, SshPrivateKey key) => Signed(leg.SshSessionId.ToArray(), user, key, key, null);

    /// <param name="sessionId">What the signature is bound to.</param>
    /// <param name="user">The user name.</param>
    /// <param name="shown">The key that the request names.</param>
    /// <param name="signer">The key that signs.</param>
    /// <param name="hostKey">For the hostbound form: the host key that the client says it saw.</param>
    /// <param name="algorithm">The algorithm's name, where it is to be another than the key's first.</param>
    public static byte[] Signed(byte[] sessionId, string user, SshPrivateKey shown, SshPrivateKey signer, byte[]? hostKey, string? algorithm = null)
    {
        return Signed(
            sessionId, user, algorithm ?? shown.PreferredAlgorithm.Name, shown.PublicKey.Blob.ToArray(), data => signer.Sign(data), hostKey);
    }

    /// <summary>With any blob, such as a certificate's, and any signature.</summary>
    public static byte[] Signed(byte[] sessionId, string user, string algorithm, byte[] blob, Func<byte[], byte[]> sign, byte[]? hostKey = null)
    {
        SshWriter request = Head(user, hostKey is null ? "publickey" : "publickey-hostbound-v00@openssh.com")
            .WriteBoolean(true).WriteString(algorithm).WriteString(blob);
        if (hostKey is not null)
        {
            request.WriteString(hostKey);
        }
        byte[] signed = new SshWriter().WriteString(sessionId).WriteBytes(request.Written).ToArray();
        return request.WriteString(sign(signed)).ToArray();
    }

    private static SshWriter Head(string user, string method, string service = "ssh-connection") =>
        SshWriter.Message(MessageNumber.UserAuthRequest).WriteString(user).WriteString(service).WriteString(method);
}
