using SshGateway.Ssh.Keys;

namespace SshGateway.Proxy.Pods;

/// <summary>One thing that the gateway can show to a pod in a login, and the key that signs for it.</summary>
/// <param name="Algorithm">The public key algorithm name to log in with.</param>
/// <param name="Signature">How the key signs.</param>
/// <param name="Key">The key.</param>
/// <param name="MakeBlob">Makes the key or its certificate in the SSH wire format.</param>
internal sealed record PodCredential(string Algorithm, SignatureAlgorithm Signature, SshPrivateKey Key, Func<ReadOnlyMemory<byte>> MakeBlob);
