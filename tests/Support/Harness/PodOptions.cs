using System.Net;

namespace SshGateway.Tests.Support.Harness;

/// <summary>How a pod's sshd differs from the usual one.</summary>
/// <param name="Name">The pod's name, and the value of POD in its sessions.</param>
/// <param name="SessionId">The one certificate principal that it admits.</param>
/// <param name="UserCaPublicFile">The gateway's user CA.</param>
internal sealed record PodOptions(string Name, string SessionId, string UserCaPublicFile)
{
    /// <summary>Null: a new Ed25519 key.</summary>
    public IReadOnlyList<KeyPair>? HostKeys { get; init; }

    /// <summary>Null: an address of its own and a free port.</summary>
    public IPEndPoint? Endpoint { get; init; }

    /// <summary>The network namespace that it is in; null: the tests' own.</summary>
    public string? NetworkSpace { get; init; }

    /// <summary>Keys that its sshd admits by itself, without the gateway: lines of authorized_keys.</summary>
    public IReadOnlyList<string> AuthorizedKeys { get; init; } = [];

    /// <summary>Further sshd_config lines. The first value of a keyword counts in sshd.</summary>
    public IReadOnlyList<string> ExtraConfig { get; init; } = [];
}
