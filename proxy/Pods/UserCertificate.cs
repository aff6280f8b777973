using SshGateway.Shared.Ssh.Keys;

namespace SshGateway.Proxy.Pods;

/// <summary>A certificate and its private key, which exist for one login at one pod.</summary>
/// <param name="Blob">The certificate in the SSH wire format.</param>
/// <param name="Key">The key that it certifies.</param>
internal sealed record UserCertificate(byte[] Blob, SshPrivateKey Key) : IDisposable
{
    /// <summary>The public key algorithm name to log in with.</summary>
    public const string Algorithm = "ssh-ed25519-cert-v01@openssh.com";

    public void Dispose() => Key.Dispose();
}
