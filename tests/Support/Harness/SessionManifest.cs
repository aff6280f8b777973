using System.Text.Json;

namespace SshGateway.Tests.Support.Harness;

/// <summary>A ClaudeSession as the operator's directory source reads it.</summary>
internal sealed record SessionManifest(string Id, IReadOnlyList<string> AuthorizedKeys)
{
    /// <summary>Its owner.</summary>
    public string User { get; init; } = "e2e";

    public string PodName { get; init; } = Id;

    public int Port { get; init; } = 2222;

    public string TargetUser { get; init; } = "root";

    /// <summary>Public key lines; none: the pod's key is trusted on first use.</summary>
    public IReadOnlyList<string> HostKeys { get; init; } = [];

    public bool Passthrough { get; init; }

    /// <summary>CAs of the users.</summary>
    public IReadOnlyList<string> TrustedUserCAKeys { get; init; } = [];

    /// <summary>CAs of the pod's host key.</summary>
    public IReadOnlyList<string> HostCAKeys { get; init; } = [];

    /// <summary>Public key lines and fingerprints.</summary>
    public IReadOnlyList<string> RevokedKeys { get; init; } = [];

    public IReadOnlyList<string> AuthorizedPrincipals { get; init; } = [];

    public string Access { get; init; } = "Enabled";

    /// <summary>None, Terminal or All.</summary>
    public string Recording { get; init; } = "None";

    /// <summary>Further lines of the spec.</summary>
    public IReadOnlyList<string> Limits { get; init; } = [];

    public override string ToString() =>
        $"""
        apiVersion: tars.cloudwalk.network/v1alpha1
        kind: ClaudeSession
        metadata:
          name: {Id}
          namespace: claude
          uid: session-{Id}
          creationTimestamp: "2026-01-01T00:00:00Z"
        spec:
          owner:
            user: {JsonSerializer.Serialize(User)}
          pod:
            name: {PodName}
          access: {Access}
          recording: {Recording}{string.Concat(Limits.Select(limit => $"\n  {limit}"))}
          ssh:
            port: {Port}
            targetUser: {TargetUser}
            passthrough: {(Passthrough ? "true" : "false")}
            authorizedKeys:{List(AuthorizedKeys)}
            trustedUserCAKeys:{List(TrustedUserCAKeys)}
            hostKeys:{List(HostKeys)}
            hostCAKeys:{List(HostCAKeys)}
            revokedKeys:{List(RevokedKeys)}
            authorizedPrincipals:{List(AuthorizedPrincipals)}

        """;

    private static string List(IReadOnlyList<string> lines) =>
        lines.Count == 0 ? " []" : string.Concat(lines.Select(line => $"\n      - \"{line}\""));
}
