using SshGateway.Tests.Support.Harness;

namespace SshGateway.Tests.EndToEnd.Cluster;

/// <summary>Sessions of backend Exec, with a pod in which no sshd runs.</summary>
internal static class ExecSessions
{
    /// <summary>The pod's second container, which has no sftp-server and no bash.</summary>
    public const string Bare = "bare";

    public static string PodOf(string session) => $"agent-{session}";

    /// <summary>The session and its pod, whose process is sleep.</summary>
    /// <param name="exec">Lines of <c>spec.exec</c>, such as <c>container: bare</c>.</param>
    public static async Task CreateExecSessionAsync(this GatewayCluster cluster, string session, params string[] exec)
    {
        await cluster.Nodes.ApplyAsync($$"""
            apiVersion: tars.cloudwalk.network/v1alpha1
            kind: ClaudeSession
            metadata: {name: {{session}}, namespace: {{GatewayCluster.Sessions}} }
            spec:
              owner: {user: alice@example.com}
              backend: Exec
              exec: { {{string.Join(", ", exec)}} }
              ssh:
                authorizedKeys: ["{{cluster.Alice.PublicLine}}"]
            """);
        await cluster.CreateExecPodAsync(session);
        await cluster.WaitForSessionAsync(session);
    }

    public static Task CreateExecPodAsync(this GatewayCluster cluster, string session) => cluster.Nodes.ApplyAsync($$"""
        apiVersion: v1
        kind: Pod
        metadata:
          name: {{PodOf(session)}}
          namespace: {{GatewayCluster.Sessions}}
          labels: {tars.cloudwalk.network/session: {{session}} }
        spec:
          automountServiceAccountToken: false
          terminationGracePeriodSeconds: 0
          nodeName: {{ClusterNodes.Second}}
          containers:
            - {name: agent, image: "claude-session:1.0", command: [sleep, infinity], workingDir: /home/claude}
            - name: {{Bare}}
              image: claude-session:1.0
              command: [sleep, infinity]
              volumeMounts: [{name: nothing, mountPath: /usr/lib/openssh}]
          volumes: [{name: nothing, emptyDir: {} }]
        """);

    public static Task DeleteExecSessionAsync(this GatewayCluster cluster, string session) => cluster.Nodes.KubectlAsync(
        "-n", GatewayCluster.Sessions, "delete", $"claudesession/{session}", $"pod/{PodOf(session)}", "--ignore-not-found", "--wait=false");

    /// <summary>One connection with a command that waits, over which others run.</summary>
    public static async Task<(SshClient Shared, Daemon Master)> StartMasterAsync(this GatewayCluster cluster, string session)
    {
        SshClient shared = cluster.Ssh.With($"ControlPath={ScratchDirectory.New("master")}/socket");
        Daemon master = shared.Start(session, ["-M", "-N"]);
        await Eventually.TrueAsync(
            async () => (await shared.RunProgramAsync("ssh", [.. shared.Arguments(session), "-O", "check", SshClient.Host])).Succeeded,
            () => $"the master does not answer: {master.Output}");
        return (shared, master);
    }
}
