using SshGateway.Shared.Ssh.Keys;

namespace SshGateway.Proxy.Pods;

/// <summary>What the gateway shows to a pod in one login, and the key that signs for it.</summary>
/// <param name="Algorithm">The public key algorithm name to log in with.</param>
/// <param name="Blob">The key or its certificate in the SSH wire format.</param>
/// <param name="Key">The key.</param>
internal sealed record PodCredential(string Algorithm, ReadOnlyMemory<byte> Blob, SshPrivateKey Key);
