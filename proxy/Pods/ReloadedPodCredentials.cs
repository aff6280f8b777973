using SshGateway.Proxy.Authentication;
using SshGateway.Proxy.Keys;
using SshGateway.Ssh.Keys;

namespace SshGateway.Proxy.Pods;

/// <summary>The credentials whose key file may change.</summary>
internal sealed class ReloadedPodCredentials(KeyFiles<IPodCredentials> file) : IPodCredentials
{
    public SshPublicKey PublicKey => file.Current.PublicKey;

    public string Kind => file.Current.Kind;

    public string Remedy => file.Current.Remedy;

    public bool IsQuick => file.Current.IsQuick;

    public IReadOnlyList<PodCredential> For(AuthenticatedClient client) => file.Current.For(client);
}
