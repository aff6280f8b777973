using System.Net;

namespace SshGateway.Exec.Sessions;

/// <summary>A session whose pod has no sshd, as the feed says. Immutable.</summary>
/// <param name="SessionId">The user name by which the proxies log in, and the principal of their certificates.</param>
/// <param name="PodUid">The relay runs nothing in another pod of the same name.</param>
/// <param name="Container">The container in which everything runs; resolved, never empty.</param>
internal sealed record ExecSession(string SessionId, string Namespace, string PodName, string PodUid, string Container)
{
    /// <summary>The shell's path; empty: the first of /bin/bash and /bin/sh that is there.</summary>
    public string Shell { get; init; } = "";

    /// <summary>The path of the container's sftp-server; empty: the first usual path that is there.</summary>
    public string SftpServer { get; init; } = "";

    /// <summary>Patterns of the environment variables that a client may set besides LANG and LC_*.</summary>
    public IReadOnlyList<string> AcceptEnv { get; init; } = [];

    /// <summary>The pod's address: a client may name it as the target of a forwarded port. Null: not known.</summary>
    public IPAddress? PodAddress { get; init; }

    /// <summary>The sentence with which logins and new channels are refused; null: they are accepted.</summary>
    public string? Refusal { get; init; }
}
