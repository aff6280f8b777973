using System.Diagnostics;
using SshGateway.Tests.Support;
using SshGateway.Tests.Support.Deploy;
using SshGateway.Tests.Support.Harness;
using Xunit.Abstractions;

namespace SshGateway.Tests.EndToEnd.Cluster;

/// <summary>
/// A login to a session that has no pod, with the program of docs/tars.md that creates one, and kubelet.
/// </summary>
[Collection(ClusterGroup.Name)]
[Trait("Category", "Long")]
public sealed class WakeTests(GatewayCluster cluster, ITestOutputHelper output)
{
    private const string Session = "asleep";

    private const string Driver = """

        import sys

        sessions, pods = connect(), client.CoreV1Api()
        if sys.argv[1] == "suspend":
            suspend_session(sessions, pods, sys.argv[2], sys.argv[3])
        else:
            with open(sys.argv[2]) as file:
                pod = json.load(file)
            print("watching", flush=True)
            wake_sessions(sessions, pods, lambda session: pod)
        """;

    [ClusterFact(withPython: true)]
    public async Task A_login_wakes_a_session_that_has_never_had_a_pod_and_one_that_was_suspended()
    {
        string directory = ScratchDirectory.New("wake");
        string script = Path.Combine(directory, "tars.py");
        await File.WriteAllTextAsync(script, await TarsGuide.PythonAsync(Driver));
        string pod = Path.Combine(directory, "pod.json");
        await File.WriteAllTextAsync(pod, await cluster.DescribePodAsync(Session));
        await cluster.CreateSessionWithoutPodAsync(Session);
        try
        {
            await using Daemon tars = Daemon.Start("tars", "nsenter", [.. OnClient(script), "wake", pod]);
            await tars.WaitForLineAsync("watching");
            string first = await MeasureAsync("a session that has never had a pod", "has no pod");

            CommandResult suspended = await Command.RunAsync("nsenter", [.. OnClient(script), "suspend", Session, $"claude-{Session}"]);
            Assert.True(suspended.Succeeded, suspended.ToString());
            await cluster.Nodes.KubectlAsync("-n", GatewayCluster.Sessions, "wait", "--for=delete", $"pod/claude-{Session}", "--timeout=120s");
            await Eventually.TrueAsync(async () => await ReadAsync("{.status.phase}") == "Suspended", "the phase is not Suspended");
            string second = await MeasureAsync("a suspended session", "is suspended");

            Assert.NotEqual(first, second);
            await Eventually.TrueAsync(
                async () => await ReadAsync("""{.status.conditions[?(@.type=="WakeRequested")].reason}""") == "SessionReady",
                TimeSpan.FromSeconds(30),
                () => "the condition does not say that logins work");
            Assert.False(tars.HasExited, tars.Output);
        }
        finally
        {
            await cluster.DeleteSessionAsync(Session);
        }
    }

    /// <returns>The pod's UID.</returns>
    private async Task<string> MeasureAsync(string what, string banner)
    {
        Stopwatch clock = Stopwatch.StartNew();
        CommandResult login = await cluster.Ssh.RunAsync(Session, "hostname", deadline: TimeSpan.FromSeconds(90));
        TimeSpan took = clock.Elapsed;
        Assert.True(login.Succeeded, $"{login}\n{await cluster.LogsAsync(GatewayCluster.Operators)}");
        Assert.Equal($"claude-{Session}\n", login.Text);
        Assert.Contains($"Session {Session} {banner}", login.ErrorText, StringComparison.Ordinal);
        output.WriteLine($"Figure: real cluster: from ssh to a shell in a pod that did not exist, {what}: {took.TotalSeconds:f1} s");
        return await cluster.Nodes.KubectlAsync("-n", GatewayCluster.Sessions, "get", "pod", $"claude-{Session}", "-o", "jsonpath={.metadata.uid}");
    }

    private Task<string> ReadAsync(string path) =>
        cluster.Nodes.KubectlAsync("-n", GatewayCluster.Sessions, "get", "csess", Session, "-o", $"jsonpath={path}");

    private string[] OnClient(string script) =>
        [.. cluster.Nodes.OnClient, "env", $"KUBECONFIG={Path.Combine(cluster.Nodes.Directory, "admin.kubeconfig")}", "/usr/bin/python3", script];
}
