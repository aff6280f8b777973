using System.Net;
using SshGateway.Feed;

namespace SshGateway.Proxy.Sessions;

/// <summary>What is known of one session, in the open: what a <see cref="SessionEntry"/> is made of.</summary>
internal sealed record SessionDetails
{
    public required string SessionId { get; init; }

    public required EndpointState State { get; init; }

    public required Access Access { get; init; }

    public required string PodName { get; init; }

    public required string PodUid { get; init; }

    public required IPEndPoint? Endpoint { get; init; }

    public required string TargetUser { get; init; }

    public required IReadOnlyList<ReadOnlyMemory<byte>> AuthorizedKeys { get; init; }

    public required IReadOnlyList<ReadOnlyMemory<byte>> HostKeys { get; init; }

    public IReadOnlyList<ReadOnlyMemory<byte>> TrustedUserCAKeys { get; init; } = [];

    public IReadOnlyList<ReadOnlyMemory<byte>> HostCAKeys { get; init; } = [];

    public string OwnerUser { get; init; } = "";

    /// <summary>The principals that a certificate may have, in UTF-8; empty: the session id and the owner.</summary>
    public IReadOnlyList<ReadOnlyMemory<byte>> AuthorizedPrincipals { get; init; } = [];

    /// <summary>The SHA-256 of each key that may not log in and whose certificates may not.</summary>
    public IReadOnlyList<ReadOnlyMemory<byte>> RevokedKeys { get; init; } = [];

    public required long ExpiresAt { get; init; }

    public required int MaxConnections { get; init; }

    public required TimeSpan IdleTimeout { get; init; }

    public required string Reason { get; init; }

    /// <summary>More about the reason, as one word; empty: nothing more is known.</summary>
    public string Cause { get; init; } = "";

    public bool Passthrough { get; init; }

    /// <summary>The SHA-256 of the pod's host key, where the key itself is not known; else empty.</summary>
    public ReadOnlyMemory<byte> HostKeySha256 { get; init; }

    /// <summary>The SHA-256 of a host key that the pod must not have, though it was learned; else empty.</summary>
    public ReadOnlyMemory<byte> ForgottenHostKeySha256 { get; init; }

    /// <summary>Its part of the table's hash (endpoint_feed.proto).</summary>
    public ulong WireHash { get; init; }
}
