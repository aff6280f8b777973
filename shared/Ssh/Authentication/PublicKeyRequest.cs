using SshGateway.Ssh.Keys;
using SshGateway.Ssh.Wire;

namespace SshGateway.Ssh.Authentication;

/// <summary>
/// The publickey method (RFC 4252 section 7) and publickey-hostbound-v00@openssh.com (OpenSSH PROTOCOL section 3.1),
/// which adds the server's host key to what is signed.
/// </summary>
internal sealed class PublicKeyRequest
{
    private PublicKeyRequest()
    {
    }

    /// <summary>The algorithm, or null when it is not one of ours.</summary>
    public required PublicKeyAlgorithm? Algorithm { get; init; }

    public required byte[] AlgorithmName { get; init; }

    /// <summary>The key, or its certificate.</summary>
    public required byte[] KeyBlob { get; init; }

    /// <summary>The host key that the client saw, in the hostbound form.</summary>
    public required byte[]? HostKey { get; init; }

    /// <summary>Null: the client only asks whether the key would do.</summary>
    public required byte[]? Signature { get; init; }

    /// <summary>The part of the message that is signed, behind the session id.</summary>
    public required byte[] SignedPart { get; init; }

    //  boolean   has a signature
    //  string    public key algorithm name
    //  string    public key blob
    //  string    server host key        (hostbound only)
    //  string    signature              (if there is one)
    public static PublicKeyRequest Parse(ReadOnlySpan<byte> payload, SshReader rest, bool hostbound)
    {
        bool signed = rest.ReadBoolean();
        ReadOnlySpan<byte> algorithm = rest.ReadString();
        ReadOnlySpan<byte> blob = rest.ReadString();
        byte[]? hostKey = hostbound ? rest.ReadString().ToArray() : null;
        byte[] signedPart = signed ? payload[..^rest.Remaining].ToArray() : [];
        byte[]? signature = signed ? rest.ReadString().ToArray() : null;
        rest.End();
        return new PublicKeyRequest
        {
            Algorithm = PublicKeyAlgorithm.Find(algorithm),
            AlgorithmName = algorithm.ToArray(),
            KeyBlob = blob.ToArray(),
            HostKey = hostKey,
            Signature = signature,
            SignedPart = signedPart,
        };
    }
}
