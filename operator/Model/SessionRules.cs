using System.Text.RegularExpressions;
using SshGateway.Feed;
using SshGateway.Ssh.Revocation;
using SshGateway.Ssh.Wire;

namespace SshGateway.Operator.Model;

/// <summary>The CRD's rules, checked again: old API servers prune CEL rules, and a directory has no server.</summary>
internal static partial class SessionRules
{
    public const int MaxAuthorizedKeys = 16;
    public const int MaxHostKeys = 8;
    public const int MaxCAKeys = 4;
    public const int MaxKeysSources = 8;

    private const int MaxKeyLineLength = 4096;
    private const int MaxRevokedKeys = 32;
    private const int MaxPrincipals = 16;
    private const int MaxPrincipalLength = 256;
    private const int MaxOwnerLength = 128;
    private const int MaxConnections = 1000;
    private const int MaxMatchLabels = 16;
    private const int MaxLabelNameLength = 317;
    private const int MaxLabelValueLength = 63;
    private const int MaxObjectNameLength = 253;

    /// <summary><c>spec.access</c>; null when it is no such word.</summary>
    public static Access? ParseAccess(string? word) => word switch
    {
        null or "Enabled" => Access.Enabled,
        "Draining" => Access.Draining,
        "Disabled" => Access.Disabled,
        _ => null,
    };

    /// <summary><c>spec.wake</c>; null when it is no such word.</summary>
    public static Wake? ParseWake(string? word) => word switch
    {
        null or "OnLogin" => Wake.OnLogin,
        "Never" => Wake.Never,
        _ => null,
    };

    /// <summary>Whether the pod has no sshd, so that an exec relay stands in for it.</summary>
    public static bool IsExec(SessionSpec? spec) => spec?.Backend == "Exec";

    /// <summary><c>spec.recording</c>; null when it is no such word.</summary>
    public static RecordingMode? ParseRecording(string? word) => word switch
    {
        null or "None" => RecordingMode.None,
        "Terminal" => RecordingMode.Terminal,
        "All" => RecordingMode.All,
        _ => null,
    };

    /// <summary>Everything that is wrong; empty when nothing is.</summary>
    public static IEnumerable<Violation> Check(ClaudeSession session)
    {
        if (!SessionNames.IsSessionId(session.Name))
        {
            yield return new Violation("metadata.name",
                $"must be a DNS label of at most {SessionNames.MaxSessionId} characters: a-z, 0-9 and '-' inside; it is the SSH user name");
        }
        if (session.Spec is not { } spec)
        {
            yield return new Violation("spec", "is missing; it needs at least owner.user and ssh.authorizedKeys");
            yield break;
        }
        foreach (Violation violation in CheckOwner(spec.Owner).Concat(CheckPod(spec.Pod)).Concat(CheckSsh(spec.Ssh)).Concat(CheckBackend(spec)))
        {
            yield return violation;
        }
        if (ParseAccess(spec.Access) is null)
        {
            yield return new Violation("spec.access", "must be Enabled, Draining or Disabled");
        }
        if (ParseWake(spec.Wake) is null)
        {
            yield return new Violation("spec.wake", "must be OnLogin or Never");
        }
        if (spec.MaxConnections is < 1 or > MaxConnections)
        {
            yield return new Violation("spec.maxConnections", $"must be between 1 and {MaxConnections}");
        }
        if (spec.IdleTimeout is not null && Durations.Parse(spec.IdleTimeout) is null)
        {
            yield return new Violation("spec.idleTimeout", "must be a duration such as 90m or 1h30m");
        }
        if (spec.TtlAfterExpiry is not null && Durations.Parse(spec.TtlAfterExpiry) is null)
        {
            yield return new Violation("spec.ttlAfterExpiry", "must be a duration such as 24h, or 0s to delete the session when it expires");
        }
        RecordingMode? recording = ParseRecording(spec.Recording);
        if (recording is null)
        {
            yield return new Violation("spec.recording", "must be None, Terminal or All");
        }
        else if (recording != RecordingMode.None && spec.Ssh?.Passthrough == true)
        {
            yield return new Violation("spec.recording", "must be None while spec.ssh.passthrough is true: a passthrough is encrypted up to the pod and cannot be recorded");
        }
    }

    /// <summary>When the session is to be deleted: spec.ttlAfterExpiry after spec.expiresAt; null: never.</summary>
    public static DateTimeOffset? FindDeletionTime(ClaudeSession session) =>
        session.Spec is { ExpiresAt: { } end, TtlAfterExpiry: { } text } && Durations.Parse(text) is { } ttl && ttl < DateTimeOffset.MaxValue - end ? end + ttl : null;

    /// <summary>The SHA-256 of each revoked key, or what is wrong with its line.</summary>
    public static IEnumerable<(byte[]? Sha256, string? Problem)> ReadRevokedKeys(IReadOnlyList<string?>? lines) =>
        (lines ?? []).Take(MaxRevokedKeys).Select(ReadRevokedKey);

    private static (byte[]? Sha256, string? Problem) ReadRevokedKey(string? line)
    {
        if (line is not { Length: <= MaxKeyLineLength })
        {
            return (null, $"must be a line of at most {MaxKeyLineLength} characters");
        }
        try
        {
            return (RevokedKeyLine.ParseHash(line), null);
        }
        catch (SshFormatException problem)
        {
            return (null, problem.Message);
        }
    }

    private static IEnumerable<Violation> CheckOwner(SessionOwner? owner)
    {
        if (owner?.User is not { } user || !OwnerName().IsMatch(user))
        {
            yield return new Violation("spec.owner.user", $"must name the session's owner in 1 to {MaxOwnerLength} characters without spaces");
        }
        if (owner?.Team is { } team && !OwnerName().IsMatch(team))
        {
            yield return new Violation("spec.owner.team", $"must be 1 to {MaxOwnerLength} characters without spaces, or be left out");
        }
    }

    private static IEnumerable<Violation> CheckPod(PodSelection? pod)
    {
        if (pod is null)
        {
            yield break;
        }
        if (pod.Name is null == pod.MatchLabels is null)
        {
            yield return new Violation("spec.pod", "must have exactly one of name and matchLabels; leave pod out to take the pod that carries the session's label");
        }
        if (pod.Name is not null && (pod.Name.Length > MaxObjectNameLength || !DnsSubdomain().IsMatch(pod.Name)))
        {
            yield return new Violation("spec.pod.name", "must be the name of a pod in the session's namespace");
        }
        if (pod.MatchLabels is not null && pod.MatchLabels.Count is 0 or > MaxMatchLabels)
        {
            yield return new Violation("spec.pod.matchLabels", $"must have 1 to {MaxMatchLabels} labels");
        }
        if (pod.MatchLabels is not null && pod.MatchLabels.Any(l => l.Key.Length > MaxLabelNameLength || l.Value is null or { Length: > MaxLabelValueLength }))
        {
            yield return new Violation(
                "spec.pod.matchLabels", $"must have names of at most {MaxLabelNameLength} and values of at most {MaxLabelValueLength} characters");
        }
        if (pod.Uid is not null && pod.Uid.Length is 0 or > 64)
        {
            yield return new Violation("spec.pod.uid", "must be the pod's metadata.uid, or be left out");
        }
    }

    private static IEnumerable<Violation> CheckSsh(SshSpec? ssh)
    {
        if (ssh?.Port is < 1 or > ushort.MaxValue)
        {
            yield return new Violation("spec.ssh.port", "must be between 1 and 65535");
        }
        if (ssh?.TargetUser is not null && !SessionNames.IsTargetUser(ssh.TargetUser))
        {
            yield return new Violation("spec.ssh.targetUser", "must be a user name of the pod, such as claude");
        }
        foreach (Violation violation in CheckKeys("authorizedKeys", ssh?.AuthorizedKeys, ssh?.AuthorizedKeysFrom is { Count: > 0 } ? 0 : 1, MaxAuthorizedKeys)
            .Concat(CheckKeys("trustedUserCAKeys", ssh?.TrustedUserCAKeys, 0, MaxCAKeys))
            .Concat(CheckKeys("hostKeys", ssh?.HostKeys, 0, MaxHostKeys))
            .Concat(CheckKeys("hostCAKeys", ssh?.HostCAKeys, 0, MaxCAKeys))
            .Concat(CheckRevokedKeys(ssh?.RevokedKeys))
            .Concat(CheckPrincipals(ssh?.AuthorizedPrincipals))
            .Concat(CheckKeysSources(ssh?.AuthorizedKeysFrom)))
        {
            yield return violation;
        }
    }

    // Their lines are not looked at: KeyLines skips the bad ones, and names them.
    private static IEnumerable<Violation> CheckKeys(string name, IReadOnlyList<string?>? lines, int minimum, int maximum)
    {
        int count = lines?.Count ?? 0;
        if (count < minimum || count > maximum)
        {
            yield return new Violation($"spec.ssh.{name}", $"must have {minimum} to {maximum} keys");
        }
    }

    private static IEnumerable<Violation> CheckRevokedKeys(IReadOnlyList<string?>? lines)
    {
        if (lines?.Count > MaxRevokedKeys)
        {
            yield return new Violation("spec.ssh.revokedKeys", $"must have at most {MaxRevokedKeys} keys");
        }
        int i = 0;
        foreach ((_, string? problem) in ReadRevokedKeys(lines))
        {
            if (problem is not null)
            {
                // Not skipped, as other keys are: it could let in what it revokes.
                yield return new Violation(
                    $"spec.ssh.revokedKeys[{i}]", $"{problem}; nobody may log in until it is corrected");
            }
            i++;
        }
    }

    private static IEnumerable<Violation> CheckPrincipals(IReadOnlyList<string?>? principals)
    {
        const string Field = "spec.ssh.authorizedPrincipals";
        if (principals?.Count > MaxPrincipals)
        {
            yield return new Violation(Field, $"must have at most {MaxPrincipals} principals");
        }
        for (int i = 0; i < Math.Min(principals?.Count ?? 0, MaxPrincipals); i++)
        {
            if (principals![i] is not { } principal || !Principal().IsMatch(principal))
            {
                yield return new Violation(
                    $"{Field}[{i}]", $"must be 1 to {MaxPrincipalLength} characters, none of them a control character");
            }
        }
    }

    private static IEnumerable<Violation> CheckKeysSources(IReadOnlyList<KeysSource?>? sources)
    {
        const string Field = "spec.ssh.authorizedKeysFrom";
        if (sources?.Count > MaxKeysSources)
        {
            yield return new Violation(Field, $"must have at most {MaxKeysSources} objects");
        }
        for (int i = 0; i < Math.Min(sources?.Count ?? 0, MaxKeysSources); i++)
        {
            KeysSource? source = sources![i];
            if (source?.ConfigMapRef is null == source?.SecretRef is null)
            {
                yield return new Violation($"{Field}[{i}]", "must have exactly one of configMapRef and secretRef");
                continue;
            }
            string field = $"{Field}[{i}].{(source!.SecretRef is null ? "configMapRef" : "secretRef")}";
            KeysReference reference = source.SecretRef ?? source.ConfigMapRef!;
            if (reference.Name is not { Length: <= MaxObjectNameLength } name || !DnsSubdomain().IsMatch(name))
            {
                yield return new Violation($"{field}.name", "must be the name of an object in the session's namespace");
            }
            if (reference.Key is { } key && !DataKey().IsMatch(key))
            {
                yield return new Violation($"{field}.key", "must be a key of the object's data: letters, digits, '-', '_' and '.'");
            }
        }
    }

    private static IEnumerable<Violation> CheckBackend(SessionSpec spec)
    {
        if (spec.Backend is not (null or "SSH" or "Exec"))
        {
            yield return new Violation("spec.backend", "must be SSH or Exec");
        }
        if (!IsExec(spec))
        {
            if (spec.Exec is not null)
            {
                yield return new Violation("spec.exec", "must be left out unless spec.backend is Exec");
            }
            yield break;
        }
        if (spec.Ssh?.Passthrough == true)
        {
            yield return new Violation("spec.ssh.passthrough", "must be false with the backend Exec, because the pod has no sshd");
        }
        if (spec.Ssh?.HostKeys?.Count > 0)
        {
            yield return new Violation("spec.ssh.hostKeys", "must be left out with the backend Exec, because the pod has no sshd");
        }
        if (spec.Ssh?.HostCAKeys?.Count > 0)
        {
            yield return new Violation("spec.ssh.hostCAKeys", "must be left out with the backend Exec, because the pod has no sshd");
        }
        foreach (Violation violation in CheckExec(spec.Exec ?? new ExecSpec()))
        {
            yield return violation;
        }
    }

    private static IEnumerable<Violation> CheckExec(ExecSpec exec)
    {
        if (exec.Container is { } container && !ExecNames.IsContainer(container))
        {
            yield return new Violation("spec.exec.container", "must be the name of one of the pod's containers");
        }
        if (exec.Shell is { } shell && !ExecNames.IsPath(shell))
        {
            yield return new Violation("spec.exec.shell", $"must be an absolute path of at most {ExecNames.MaxPath} characters, such as /bin/zsh");
        }
        if (exec.SftpServer is { } server && !ExecNames.IsPath(server))
        {
            yield return new Violation(
                "spec.exec.sftpServer", $"must be an absolute path of at most {ExecNames.MaxPath} characters, such as /usr/lib/openssh/sftp-server");
        }
        if (exec.AcceptEnv?.Count > ExecNames.MaxAcceptEnv)
        {
            yield return new Violation("spec.exec.acceptEnv", $"must have at most {ExecNames.MaxAcceptEnv} names");
        }
        for (int i = 0; i < Math.Min(exec.AcceptEnv?.Count ?? 0, ExecNames.MaxAcceptEnv); i++)
        {
            if (exec.AcceptEnv![i] is not { } name || !ExecNames.IsEnvironmentPattern(name))
            {
                yield return new Violation(
                    $"spec.exec.acceptEnv[{i}]", $"must be 1 to {ExecNames.MaxVariable} letters, digits and _, with * at the end for all that begin so");
            }
        }
    }

    [GeneratedRegex(@"^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*\z")]
    private static partial Regex DnsSubdomain();

    [GeneratedRegex(@"^[-._a-zA-Z0-9]{1,253}\z")]
    private static partial Regex DataKey();

    [GeneratedRegex(@"^[^\s\p{Cc}]{1,128}\z")]
    private static partial Regex OwnerName();

    [GeneratedRegex(@"^[^\p{Cc}]{1,256}\z")]
    private static partial Regex Principal();
}

/// <param name="Field">The field as its path in the manifest, such as <c>spec.ssh.port</c>.</param>
/// <param name="Remedy">What to write instead.</param>
internal sealed record Violation(string Field, string Remedy)
{
    public override string ToString() => $"{Field}: {Remedy}";
}
