using System.Net;
using SshGateway.Ssh.Keys;

namespace SshGateway.Proxy.Sessions;

/// <summary>Who has a connection open, for those who ask the operators.</summary>
/// <param name="ConnectionId">Names the connection in every log.</param>
/// <param name="Protocol">ssh or passthrough.</param>
/// <param name="Address">Where the client connected from.</param>
/// <param name="Since">When it was let in.</param>
internal sealed record ClientDetails(string ConnectionId, string Protocol, IPEndPoint Address, DateTimeOffset Since)
{
    /// <summary>The client's key; null: the pod authenticates.</summary>
    public SshPublicKey? Key { get; init; }

    /// <summary>The key id of the certificate that let it in, printable; empty: the session lists the key.</summary>
    public string Certificate { get; init; } = "";
}
