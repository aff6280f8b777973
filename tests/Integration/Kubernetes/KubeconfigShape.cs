namespace SshGateway.Tests.Integration.Kubernetes;

/// <summary>A kubeconfig as people have it.</summary>
/// <param name="Title">What is special about it.</param>
/// <param name="Text">The file.</param>
internal sealed record KubeconfigShape(string Title, string Text)
{
    /// <summary>
    /// Why the gateway refuses what kubectl takes, or takes what this kubectl refuses; null: they agree.
    /// </summary>
    public string? Difference { get; init; }

    /// <summary>Variables of the environment.</summary>
    public IReadOnlyDictionary<string, string> Environment { get; init; } = new Dictionary<string, string>();

    /// <param name="title">What is special about it.</param>
    /// <param name="cluster">The cluster's fields.</param>
    /// <param name="user">The user's fields.</param>
    public static KubeconfigShape Of(string title, string cluster, string user) => new(title, $$"""
        apiVersion: v1
        kind: Config
        current-context: main
        contexts:
        - name: main
          context: {cluster: main, user: main}
        clusters:
        - name: main
          cluster:
            {{cluster.ReplaceLineEndings("\n    ")}}
        users:
        - name: main
          user:
            {{user.ReplaceLineEndings("\n    ")}}
        """ + "\n");

    public override string ToString() => Title;
}
