using Google.Protobuf;
using SshGateway.Feed;
using SshGateway.Operator.HostKeys;
using SshGateway.Operator.Model;
using SshGateway.Operator.Routing;
using SshGateway.Operator.Table;
using SshGateway.Ssh.Keys;

namespace SshGateway.Operator.Publishing;

/// <summary>
/// A routed session as the feed's Entry. That an entry keeps its bounds follows from the rules of routing; it is looked
/// at here all the same, for a proxy would skip one that does not, and keep the one before.
/// </summary>
internal static class EntryEncoding
{
    /// <param name="hostKey">What the proxies know of its pod's host key; null: nothing.</param>
    /// <param name="problem">What is beyond its bounds, so that the entry lets nobody in; null: nothing.</param>
    public static TableEntry Encode(RoutedSession session, HostKeyRecord? hostKey, out string? problem)
    {
        Entry entry = Encode(session, hostKey);
        problem = EntryRules.FindProblem(entry);
        if (problem is not null)
        {
            entry = Refusal(session);
        }
        return new TableEntry(entry.SessionId, entry.PodUid, entry.ToByteArray());
    }

    private static Entry Encode(RoutedSession session, HostKeyRecord? hostKey)
    {
        var entry = new Entry
        {
            SessionId = session.SessionId,
            Namespace = session.Namespace,
            State = session.State,
            Access = session.Access,
            PodName = session.PodName,
            PodUid = session.PodUid,
            PodIp = session.Address is { } address ? ByteString.CopyFrom(address.GetAddressBytes()) : ByteString.Empty,
            Port = (uint)session.Port,
            TargetUser = session.TargetUser,
            OwnerUser = session.OwnerUser,
            ExpiresAt = session.ExpiresAt?.ToUnixTimeSeconds() ?? 0,
            MaxConnections = (uint)session.MaxConnections,
            // The longest that the schema admits is longer than the field can say, and both are lifetimes.
            IdleTimeout = (uint)Math.Min(session.IdleTimeout.TotalSeconds, uint.MaxValue),
            Reason = session.Reason == ReadyReasons.EndpointReady ? "" : session.Reason,
            Cause = RouteDescription.FindCause(session),
            Passthrough = session.Passthrough,
            Recording = session.Recording,
            Wake = session.Wake,
        };
        entry.AuthorizedKeys.AddRange(session.AuthorizedKeys.Select(k => UnsafeByteOperations.UnsafeWrap(k.Blob)));
        entry.HostKeys.AddRange(session.HostKeys.Select(k => UnsafeByteOperations.UnsafeWrap(k.Blob)));
        entry.TrustedUserCaKeys.AddRange(session.TrustedUserCAKeys.Select(k => UnsafeByteOperations.UnsafeWrap(k.Blob)));
        entry.HostCaKeys.AddRange(session.HostCAKeys.Select(k => UnsafeByteOperations.UnsafeWrap(k.Blob)));
        entry.RevokedKeySha256.AddRange(session.RevokedKeys.Select(hash => UnsafeByteOperations.UnsafeWrap(hash)));
        entry.AuthorizedPrincipals.AddRange(session.AuthorizedPrincipals);
        if (session.Exec is { } exec)
        {
            entry.Exec = new ExecPod { Container = exec.Container, Shell = exec.Shell, SftpServer = exec.SftpServer, AcceptEnv = { exec.AcceptEnv } };
            // What was learned of the pod, if it had an sshd before, is not the relay's.
            return entry;
        }
        // Where the session itself does not say which keys are good.
        bool isLearned = session.HostKeys.Count + session.HostCAKeys.Count == 0;
        if (isLearned && hostKey?.Key is { } learned)
        {
            // From here on all proxies expect what the first one met.
            entry.HostKeys.Add(UnsafeByteOperations.UnsafeWrap(learned.Blob));
        }
        else if (isLearned && hostKey?.RecoveredFingerprint is { } fingerprint && SshPublicKey.ParseFingerprint(fingerprint) is { } hash)
        {
            entry.HostKeySha256 = UnsafeByteOperations.UnsafeWrap(hash);
        }
        if (isLearned && session.ForgottenHostKey is { } forgotten && SshPublicKey.ParseFingerprint(forgotten) is { } forgottenHash)
        {
            entry.ForgottenHostKeySha256 = UnsafeByteOperations.UnsafeWrap(forgottenHash);
        }
        return entry;
    }

    private static Entry Refusal(RoutedSession session) => new()
    {
        SessionId = session.SessionId,
        Namespace = session.Namespace,
        State = EndpointState.None,
        // Open connections live on: whatever is wrong, their login was good.
        Access = Access.Draining,
        Port = SshSpec.DefaultPort,
        TargetUser = SshSpec.DefaultTargetUser,
        Reason = ReadyReasons.InvalidSpec,
    };
}
