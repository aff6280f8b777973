namespace SshGateway.Operator.Model;

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
}
