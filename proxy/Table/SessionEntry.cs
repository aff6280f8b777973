using System.Net;
using SshGateway.Shared.Protos;

namespace SshGateway.Proxy.Table;

/// <summary>What this proxy knows of one session. Immutable: a change is a new entry.</summary>
internal sealed class SessionEntry
{
    /// <summary>The ClaudeSession's name, which is the SSH user name.</summary>
    public required string SessionId { get; init; }

    public required EndpointState State { get; init; }

    public required Access Access { get; init; }

    public required string PodName { get; init; }

    /// <summary>The pod's UID; empty when there is no pod.</summary>
    public required string PodUid { get; init; }

    /// <summary>Where the pod's sshd listens; null when there is no pod.</summary>
    public required IPEndPoint? Endpoint { get; init; }

    /// <summary>The user to log in as inside the pod.</summary>
    public required string TargetUser { get; init; }

    /// <summary>Keys that may log in, in the SSH wire format.</summary>
    public required byte[][] AuthorizedKeys { get; init; }

    /// <summary>The pod's pinned host keys in the SSH wire format; empty: trust on first use per pod UID.</summary>
    public required byte[][] HostKeys { get; init; }

    /// <summary>Seconds since 1970 UTC after which the session takes no logins; 0: never.</summary>
    public required long ExpiresAt { get; init; }

    /// <summary>How many connections this proxy keeps open; 0: without limit.</summary>
    public required int MaxConnections { get; init; }

    /// <summary>How long a connection may be idle; zero: without limit.</summary>
    public required TimeSpan IdleTimeout { get; init; }

    /// <summary>Why logins are not routed, as one word; empty when the state is READY.</summary>
    public required string Reason { get; init; }

    /// <summary>Whether this key may log in.</summary>
    public bool Authorizes(ReadOnlySpan<byte> keyBlob)
    {
        foreach (byte[] key in AuthorizedKeys)
        {
            if (keyBlob.SequenceEqual(key))
            {
                return true;
            }
        }
        return false;
    }
}
