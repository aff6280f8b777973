using SshGateway.Proxy.Authentication;
using SshGateway.Proxy.Outcomes;
using SshGateway.Ssh.Keys;

namespace SshGateway.Proxy.Pods;

/// <summary>How the gateway logs in to pods: with a certificate per connection, or with a key of its own.</summary>
internal interface IPodCredentials
{
    /// <summary>The key that pods must trust.</summary>
    SshPublicKey PublicKey { get; }

    /// <summary>What the pod is shown, in a word for its user: certificate or key.</summary>
    string Kind { get; }

    /// <summary>What a pod needs that refuses it.</summary>
    string Remedy { get; }

    /// <summary>Whether making a credential's blob is quick.</summary>
    bool IsQuick { get; }

    /// <summary>
    /// What can be shown to the pod for this client, in the order in which it is tried: some pods have no rsa-sha2-512,
    /// some no Ed25519. It is refused where the client's certificate demands what cannot be handed on to the pod.
    /// </summary>
    Result<PodCredential[]> Create(AuthenticatedClient client);
}

/// <summary>One thing that the gateway can show to a pod in a login, and the key that signs for it.</summary>
/// <param name="Algorithm">The public key algorithm name to log in with.</param>
/// <param name="MakeBlob">Makes the key or its certificate in the SSH wire format.</param>
internal sealed record PodCredential(string Algorithm, SignatureAlgorithm Signature, SshPrivateKey Key, Func<ReadOnlyMemory<byte>> MakeBlob);
