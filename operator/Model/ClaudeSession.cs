using System.Text.Json.Serialization;
using SshGateway.Feed;

namespace SshGateway.Operator.Model;

/// <summary><c>claudesessions.tars.cloudwalk.network</c>; crds/claudesessions.yaml describes each field.</summary>
internal sealed record ClaudeSession : KubernetesObject
{
    public const string ApiVersion = "tars.cloudwalk.network/v1alpha1";
    public const string KindName = "ClaudeSession";

    /// <summary>The label by which a pod says whose it is.</summary>
    public const string SessionLabel = "tars.cloudwalk.network/session";

    public override string Kind => KindName;

    public SessionSpec? Spec { get; init; }

    /// <summary>What was last written there. Nothing is routed by it; a lost id is refused by it.</summary>
    public SessionStatus? Status { get; init; }

    /// <summary>Whether an operator wrote that the id is another session's. This one then never gets it.</summary>
    [JsonIgnore]
    public bool HasLostId => Status?.Conditions?.Any(c => c is { Type: SessionCondition.Ready, Reason: ReadyReasons.SessionIdTaken }) ?? false;
}

/// <summary><c>spec</c> of a ClaudeSession, not checked yet: <see cref="SessionRules"/> does that.</summary>
internal sealed record SessionSpec
{
    public const int DefaultMaxConnections = 20;

    public SessionOwner? Owner { get; init; }

    public PodSelection? Pod { get; init; }

    /// <summary>How the pod is reached: see <see cref="SessionRules.IsExec"/>.</summary>
    public string? Backend { get; init; }

    public SshSpec? Ssh { get; init; }

    public ExecSpec? Exec { get; init; }

    public string? Access { get; init; }

    public int? MaxConnections { get; init; }

    public DateTimeOffset? ExpiresAt { get; init; }

    public string? IdleTimeout { get; init; }

    /// <summary>How long after <see cref="ExpiresAt"/> the operator deletes the session; null: never.</summary>
    public string? TtlAfterExpiry { get; init; }

    /// <summary>What the proxies record: None, Terminal or All.</summary>
    public string? Recording { get; init; }

    /// <summary>Whether the session has no pod on purpose.</summary>
    public bool? Suspend { get; init; }

    /// <summary>Whether a login that waits for the pod asks for it: <see cref="SessionRules.ParseWake"/>.</summary>
    public string? Wake { get; init; }
}

/// <summary><c>spec.owner</c>.</summary>
internal sealed record SessionOwner
{
    public string? User { get; init; }

    public string? Team { get; init; }
}

/// <summary><c>spec.pod</c>: which pod is the session's, by name or by labels.</summary>
internal sealed record PodSelection
{
    public string? Name { get; init; }

    public IReadOnlyDictionary<string, string>? MatchLabels { get; init; }

    /// <summary>Pins one incarnation of the pod.</summary>
    public string? Uid { get; init; }
}

/// <summary><c>spec.ssh</c>.</summary>
internal sealed record SshSpec
{
    public const int DefaultPort = 2222;
    public const string DefaultTargetUser = "claude";

    public int? Port { get; init; }

    public string? TargetUser { get; init; }

    public IReadOnlyList<string?>? AuthorizedKeys { get; init; }

    public IReadOnlyList<string?>? TrustedUserCAKeys { get; init; }

    public IReadOnlyList<string?>? HostKeys { get; init; }

    public IReadOnlyList<string?>? HostCAKeys { get; init; }

    /// <summary>Public key lines and fingerprints.</summary>
    public IReadOnlyList<string?>? RevokedKeys { get; init; }

    /// <summary>In place of the session id and the owner.</summary>
    public IReadOnlyList<string?>? AuthorizedPrincipals { get; init; }

    /// <summary>Whether a second way in, encrypted up to the pod, is allowed.</summary>
    public bool? Passthrough { get; init; }

    /// <summary>Objects of the session's namespace that have further keys.</summary>
    public IReadOnlyList<KeysSource?>? AuthorizedKeysFrom { get; init; }
}

/// <summary>One of <c>spec.ssh.authorizedKeysFrom</c>: exactly one of the two.</summary>
internal sealed record KeysSource
{
    public KeysReference? ConfigMapRef { get; init; }

    public KeysReference? SecretRef { get; init; }

    /// <summary>The object, whether or not it exists; null: the source names none.</summary>
    public ObjectKey? FindObject(string ofNamespace) =>
        SecretRef is { Name: { } secret } ? new ObjectKey(Secret.KindName, ofNamespace, secret)
        : ConfigMapRef is { Name: { } configMap } ? new ObjectKey(ConfigMap.KindName, ofNamespace, configMap)
        : null;
}

/// <summary>Names the key of a ConfigMap or Secret whose value has the lines of an authorized_keys file.</summary>
internal sealed record KeysReference
{
    public const string DefaultKey = "authorized_keys";

    public string? Name { get; init; }

    public string? Key { get; init; }

    /// <summary>Whether the object or its key may be missing.</summary>
    public bool? Optional { get; init; }
}

/// <summary><c>spec.exec</c>: how the exec relay runs commands in a pod without an sshd.</summary>
internal sealed record ExecSpec
{
    /// <summary>Null: the pod's default container.</summary>
    public string? Container { get; init; }

    public string? Shell { get; init; }

    public string? SftpServer { get; init; }

    /// <summary>Environment variables that a client may set; a star at the end stands for any rest.</summary>
    public IReadOnlyList<string?>? AcceptEnv { get; init; }
}
