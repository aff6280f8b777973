using System.Text.Json.Serialization;

namespace SshGateway.Operator.Kubernetes.Credentials;

/// <summary><c>users[].user.exec</c>: a program that prints a credential.</summary>
[JsonUnmappedMemberHandling(JsonUnmappedMemberHandling.Disallow)]
internal sealed record KubeconfigExec
{
    public string? ApiVersion { get; init; }

    public string? Command { get; init; }

    public IReadOnlyList<string>? Args { get; init; }

    public IReadOnlyList<Variable>? Env { get; init; }

    public string? InstallHint { get; init; }

    public bool ProvideClusterInfo { get; init; }

    /// <summary>Never, IfAvailable or Always; the operator has no terminal.</summary>
    public string? InteractiveMode { get; init; }

    /// <summary>A variable of the program's environment.</summary>
    internal sealed record Variable
    {
        public string Name { get; init; } = "";

        public string Value { get; init; } = "";
    }
}
