using SshGateway.Proxy.Authentication;
using SshGateway.Ssh.Keys;

namespace SshGateway.Proxy.Pods;

/// <summary>How the gateway logs in to pods: with a certificate for each connection, or with a key of its own.</summary>
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

    /// <summary>What can be shown to the pod for this client, in the order in which it is tried. No pod takes all of it: some have no rsa-sha2-512, some no Ed25519.</summary>
    /// <exception cref="LoginRefusedException">What the client's certificate demands cannot be handed on to the pod.</exception>
    IReadOnlyList<PodCredential> For(AuthenticatedClient client);
}
