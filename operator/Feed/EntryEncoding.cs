using Google.Protobuf;
using SshGateway.Operator.HostKeys;
using SshGateway.Operator.Routing;
using SshGateway.Operator.Table;
using SshGateway.Shared.Protos;
using ProtoState = SshGateway.Shared.Protos.EndpointState;
using RouteState = SshGateway.Operator.Routing.EndpointState;

namespace SshGateway.Operator.Feed;

/// <summary>A routed session as the feed's Entry.</summary>
internal static class EntryEncoding
{
    /// <param name="session">The session.</param>
    /// <param name="hostKey">What the proxies know of its pod's host key; null: nothing.</param>
    public static TableEntry Encode(RoutedSession session, HostKeyOpinion? hostKey)
    {
        var entry = new Entry
        {
            SessionId = session.SessionId,
            Namespace = session.Namespace,
            State = session.State switch
            {
                RouteState.Ready => ProtoState.Ready,
                RouteState.NotReady => ProtoState.NotReady,
                RouteState.Draining => ProtoState.Draining,
                _ => ProtoState.None,
            },
            Access = session.Access switch
            {
                SessionAccess.Enabled => Access.Enabled,
                SessionAccess.Draining => Access.Draining,
                _ => Access.Disabled,
            },
            PodName = session.PodName,
            PodUid = session.PodUid,
            PodIp = session.Address is { } address ? ByteString.CopyFrom(address.GetAddressBytes()) : ByteString.Empty,
            Port = (uint)session.Port,
            TargetUser = session.TargetUser,
            ExpiresAt = session.ExpiresAt?.ToUnixTimeSeconds() ?? 0,
            MaxConnections = (uint)session.MaxConnections,
            // The longest that the schema admits is longer than the field can say, and both are lifetimes.
            IdleTimeout = (uint)Math.Min(session.IdleTimeout.TotalSeconds, uint.MaxValue),
            Reason = session.Reason == ReadyReason.EndpointReady ? "" : session.Reason.ToString(),
            Passthrough = session.Passthrough,
        };
        entry.AuthorizedKeys.AddRange(session.AuthorizedKeys.Select(k => UnsafeByteOperations.UnsafeWrap(k.Blob)));
        entry.HostKeys.AddRange(session.HostKeys.Select(k => UnsafeByteOperations.UnsafeWrap(k.Blob)));
        if (session.HostKeys.Count == 0 && hostKey?.Key is { } learned)
        {
            // From here on all proxies expect what the first one met.
            entry.HostKeys.Add(UnsafeByteOperations.UnsafeWrap(learned.Blob));
        }
        return new TableEntry(session.SessionId, session.PodUid, entry.ToByteArray());
    }
}
