using SshGateway.Proxy.Authentication;
using SshGateway.Proxy.Connections;
using SshGateway.Shared.Ssh;

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

    /// <summary>Whether <see cref="For"/> is quick.</summary>
    bool IsQuick { get; }

    /// <exception cref="LoginRefusedException">What the client's certificate demands cannot be handed on to the pod.</exception>
    PodCredential For(AuthenticatedClient client);
}
