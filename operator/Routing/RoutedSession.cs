using System.Net;
using SshGateway.Feed;
using SshGateway.Operator.Model;
using SshGateway.Ssh.Keys;

namespace SshGateway.Operator.Routing;

/// <summary>Where one session's logins go, and who may log in.</summary>
internal sealed record RoutedSession
{
    public required string SessionId { get; init; }

    public required string Namespace { get; init; }

    public required EndpointState State { get; init; }

    public required Access Access { get; init; }

    public required string Reason { get; init; }

    public required string Binding { get; init; }

    /// <summary>The pod that is bound, also when nothing is routed to it.</summary>
    public Pod? BoundPod { get; init; }

    /// <summary>The pod's name; empty when the state is None, as are uid and address.</summary>
    public required string PodName { get; init; }

    public required string PodUid { get; init; }

    public required IPAddress? Address { get; init; }

    /// <summary>The port of the pod's sshd; 0 where there is none (<see cref="Exec"/>).</summary>
    public required int Port { get; init; }

    /// <summary>How an exec relay reaches the pod; null: the pod has an sshd.</summary>
    public ExecTarget? Exec { get; init; }

    public required string TargetUser { get; init; }

    public required IReadOnlyList<SshPublicKey> AuthorizedKeys { get; init; }

    public required IReadOnlyList<SshPublicKey> HostKeys { get; init; }

    /// <summary>CAs whose user certificates may log in.</summary>
    public IReadOnlyList<SshPublicKey> TrustedUserCAKeys { get; init; } = [];

    /// <summary>CAs that sign the pod's host key.</summary>
    public IReadOnlyList<SshPublicKey> HostCAKeys { get; init; } = [];

    /// <summary>The owner's name, a certificate's principal by default; empty where no user CA is trusted.</summary>
    public string OwnerUser { get; init; } = "";

    /// <summary>The principals that a user certificate may have; empty: the session id and the owner.</summary>
    public IReadOnlyList<string> AuthorizedPrincipals { get; init; } = [];

    /// <summary>The SHA-256 of each key that may not log in.</summary>
    public IReadOnlyList<byte[]> RevokedKeys { get; init; } = [];

    /// <summary>The fingerprint of a host key that the pod must not have, though it was learned; null: none.</summary>
    public string? ForgottenHostKey { get; init; }

    public required DateTimeOffset? ExpiresAt { get; init; }

    /// <summary>How many connections one proxy keeps open.</summary>
    public int MaxConnections { get; init; } = SessionSpec.DefaultMaxConnections;

    /// <summary>How long a connection may be idle; zero: without limit.</summary>
    public TimeSpan IdleTimeout { get; init; }

    /// <summary>Whether the pod's sshd may be reached without a login at the gateway.</summary>
    public bool Passthrough { get; init; }

    /// <summary>What the proxies record of its connections.</summary>
    public RecordingMode Recording { get; init; }

    /// <summary>Whether a login that waits for the pod asks for it.</summary>
    public Wake Wake { get; init; }

    /// <summary>The key lines that cannot be used, one sentence each.</summary>
    public IReadOnlyList<string> SkippedKeys { get; init; } = [];

    /// <summary>The objects of spec.ssh.authorizedKeysFrom that cannot be read, one sentence each.</summary>
    public IReadOnlyList<string> MissingKeys { get; init; } = [];

    /// <summary>What the owner has to change, one sentence each: broken rules, missing and skipped keys.</summary>
    public required IReadOnlyList<string> Problems { get; init; }

    /// <summary>No logins, whoever asks; open ones live on.</summary>
    public static RoutedSession Refused(ClaudeSession session, string problem) => new()
    {
        SessionId = session.Name,
        Namespace = session.Namespace,
        State = EndpointState.None,
        Access = Access.Draining,
        Reason = ReadyReasons.InvalidSpec,
        Binding = BindingReasons.PodNotFound,
        PodName = "",
        PodUid = "",
        Address = null,
        Port = SshSpec.DefaultPort,
        TargetUser = SshSpec.DefaultTargetUser,
        AuthorizedKeys = [],
        HostKeys = [],
        ExpiresAt = null,
        Problems = [problem],
    };
}
