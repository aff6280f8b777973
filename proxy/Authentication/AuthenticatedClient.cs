using System.Net;
using SshGateway.Proxy.Table;
using SshGateway.Shared.Ssh;

namespace SshGateway.Proxy.Authentication;

/// <summary>A client that proved to hold a key of the session.</summary>
/// <param name="Entry">The session as it was when the signature was verified.</param>
/// <param name="Key">The key that made the verified signature.</param>
/// <param name="Address">Where the client connected from.</param>
internal sealed record AuthenticatedClient(SessionEntry Entry, SshPublicKey Key, IPEndPoint Address);
