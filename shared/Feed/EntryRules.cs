using System.Security.Cryptography;
using System.Text;

namespace SshGateway.Feed;

/// <summary>The bounds of an Entry (endpoint_feed.proto), for sender and receiver. Keys are not parsed.</summary>
internal static class EntryRules
{
    /// <summary>Of a reason and of a cause.</summary>
    public const int MaxWordLength = 64;

    private const int MaxAuthorizedKeys = 16;
    private const int MaxHostKeys = 8;
    private const int MaxCAKeys = 4;
    private const int MaxRevokedKeys = 32;
    private const int MaxPrincipals = 16;
    private const int MaxPrincipalLength = 1024;
    private const int MaxOwnerUserLength = 512;
    private const int MaxPodNameLength = 253;
    private const int MaxPodUidLength = 64;
    private const int MaxConnections = 1000;

    private static readonly long LastSecond = DateTimeOffset.MaxValue.ToUnixTimeSeconds();

    /// <returns>The field that is wrong, and how; null when there is none.</returns>
    public static string? FindProblem(Entry entry)
    {
        bool hasPod = entry.State != EndpointState.None;
        bool hasAddress = hasPod ? entry.PodIp.Length is 4 or 16 : entry.PodIp.IsEmpty;
        return entry switch
        {
            _ when !SessionNames.IsSessionId(entry.SessionId) => $"session_id is not a DNS label of 1 to {SessionNames.MaxSessionId} characters",
            { State: < EndpointState.Ready or > EndpointState.None } => $"state {(int)entry.State} is unknown",
            { Access: < Access.Enabled or > Access.Disabled } => $"access {(int)entry.Access} is unknown",
            _ when Encoding.UTF8.GetByteCount(entry.PodName) > MaxPodNameLength => "pod_name is too long",
            _ when Encoding.UTF8.GetByteCount(entry.PodUid) > MaxPodUidLength => "pod_uid is too long",
            _ when hasPod == (entry.PodUid.Length == 0) => "pod_uid and state do not agree",
            _ when !hasAddress => $"pod_ip has {entry.PodIp.Length} bytes",
            { Exec: null, Port: < 1 or > ushort.MaxValue } => $"port is {entry.Port}",
            _ when !SessionNames.IsTargetUser(entry.TargetUser) => "target_user is not a user name",
            { AuthorizedKeys.Count: > MaxAuthorizedKeys } => $"there are {entry.AuthorizedKeys.Count} authorized_keys",
            { HostKeys.Count: > MaxHostKeys } => $"there are {entry.HostKeys.Count} host_keys",
            { TrustedUserCaKeys.Count: > MaxCAKeys } => $"there are {entry.TrustedUserCaKeys.Count} trusted_user_ca_keys",
            { HostCaKeys.Count: > MaxCAKeys } => $"there are {entry.HostCaKeys.Count} host_ca_keys",
            _ when Encoding.UTF8.GetByteCount(entry.OwnerUser) > MaxOwnerUserLength => "owner_user is too long",
            _ when entry.ExpiresAt < 0 || entry.ExpiresAt > LastSecond => "expires_at is out of range",
            { MaxConnections: > MaxConnections } => $"max_connections is {entry.MaxConnections}",
            _ when entry.Reason.Length > MaxWordLength || !entry.Reason.All(char.IsAsciiLetter) => "reason is not one word",
            _ when entry.Cause.Length > MaxWordLength || !entry.Cause.All(char.IsAsciiLetter) => "cause is not one word",
            _ when entry.HostKeySha256.Length is not (0 or SHA256.HashSizeInBytes) => $"host_key_sha256 has {entry.HostKeySha256.Length} bytes",
            _ when entry.ForgottenHostKeySha256.Length is not (0 or SHA256.HashSizeInBytes) =>
                $"forgotten_host_key_sha256 has {entry.ForgottenHostKeySha256.Length} bytes",
            { RevokedKeySha256.Count: > MaxRevokedKeys } =>
                $"there are {entry.RevokedKeySha256.Count} revoked_key_sha256",
            _ when entry.RevokedKeySha256.Any(hash => hash.Length != SHA256.HashSizeInBytes) =>
                $"a revoked_key_sha256 does not have {SHA256.HashSizeInBytes} bytes",
            { AuthorizedPrincipals.Count: > MaxPrincipals } =>
                $"there are {entry.AuthorizedPrincipals.Count} authorized_principals",
            _ when entry.AuthorizedPrincipals.Any(name => Encoding.UTF8.GetByteCount(name) is 0 or > MaxPrincipalLength) =>
                $"one of authorized_principals does not have 1 to {MaxPrincipalLength} bytes",
            { Recording: < RecordingMode.None or > RecordingMode.All } => $"recording {(int)entry.Recording} is unknown",
            { Recording: not RecordingMode.None, Passthrough: true } => "recording and passthrough exclude each other",
            { Wake: < Wake.OnLogin or > Wake.Never } => $"wake {(int)entry.Wake} is unknown",
            { Exec: { } exec } => FindProblem(entry, exec, hasPod),
            _ => null,
        };
    }

    // Nothing of the pod's sshd: a proxy must never route such a session to the pod itself.
    private static string? FindProblem(Entry entry, ExecPod exec, bool hasPod) => entry switch
    {
        { Port: not 0 } => $"port is {entry.Port} beside exec",
        { Passthrough: true } => "passthrough is set beside exec",
        _ when entry.HostKeys.Count + entry.HostCaKeys.Count + entry.HostKeySha256.Length + entry.ForgottenHostKeySha256.Length > 0 =>
            "a host key of the pod is set beside exec",
        _ when (hasPod || exec.Container.Length > 0) && !ExecNames.IsContainer(exec.Container) => "exec.container is not a container's name",
        _ when exec.Shell.Length > 0 && !ExecNames.IsPath(exec.Shell) => "exec.shell is not an absolute path",
        _ when exec.SftpServer.Length > 0 && !ExecNames.IsPath(exec.SftpServer) => "exec.sftp_server is not an absolute path",
        _ when exec.AcceptEnv.Count > ExecNames.MaxAcceptEnv => $"there are {exec.AcceptEnv.Count} exec.accept_env",
        _ when !exec.AcceptEnv.All(name => ExecNames.IsEnvironmentPattern(name)) => "one of exec.accept_env is not a variable's name",
        _ => null,
    };
}
