using System.Globalization;
using System.Text.Json;
using SshGateway.Tests.Support.Deploy;
using SshGateway.Tests.Support.Harness;
using Xunit.Abstractions;

namespace SshGateway.Tests.EndToEnd.Cluster;

/// <summary>What the exec relay costs: beside kubectl exec, and with many sessions open.</summary>
[Collection(ClusterGroup.Name)]
[Trait("Category", "Long")]
public sealed class ContainerExecLoadTests(GatewayCluster cluster, ITestOutputHelper output)
{
    private const int Bytes = 100 << 20;
    private const int Sessions = 5;
    private const int LoginsPerSession = 40;
    private const int AtOnce = 10;

    private static readonly TimeSpan Deadline = TimeSpan.FromMinutes(3);

    [ClusterFact]
    public async Task Bytes_cost_what_kubectl_exec_takes_and_the_way_through_the_gateway()
    {
        const string Session = "exec-bytes";
        await cluster.CreateExecSessionAsync(Session);
        try
        {
            // The first login of a session costs more.
            Assert.True((await cluster.Ssh.RunAsync(Session, "true")).Succeeded);
            string kubectl = $"{KubectlProgram.File} --kubeconfig {Path.Combine(cluster.Nodes.Directory, "admin.kubeconfig")} -n {GatewayCluster.Sessions} exec -i {ExecSessions.PodOf(Session)} -c agent -- sh -c";
            foreach (string direction in (string[])["down", "up"])
            {
                // kubectl sometimes loses the end of what a command writes (kubernetes#124571).
                await MeasureAsync("kubectl exec", kubectl, direction);
                string received = await MeasureAsync("ssh and the exec relay", $"{cluster.Ssh.CommandLine(Session)} {SshClient.Host}", direction);
                Assert.Equal(direction == "down" ? $"{Bytes}\n" : "", received);
            }
        }
        finally
        {
            await cluster.DeleteExecSessionAsync(Session);
        }

        async Task<string> MeasureAsync(string what, string client, string direction)
        {
            // Programs at both ends, which cost less than buffers of this process.
            string transfer = direction == "down" ? $"{client} 'head -c {Bytes} /dev/zero' | wc -c" : $"head -c {Bytes} /dev/zero | {client} 'head -c {Bytes} >/dev/null'";
            double before = MachineSeconds();
            CommandResult result = await Command.RunAsync("nsenter", [.. cluster.Nodes.OnClient, "bash", "-o", "pipefail", "-c", transfer], deadline: Deadline);
            double spent = MachineSeconds() - before;
            Assert.True(result.Succeeded, result.ErrorText);
            output.WriteLine(string.Create(CultureInfo.InvariantCulture, $"Figure: real cluster: {what}, {direction}: {Bytes / 1e6 / result.Elapsed.TotalSeconds:f0} MB/s, {spent * 1073741824 / Bytes:f1} CPU-s/GiB on the whole machine"));
            return result.Text;
        }
    }

    [ClusterFact]
    public async Task Two_hundred_logins_are_open_at_once_and_end_as_they_should()
    {
        string[] sessions = [.. Enumerable.Range(1, Sessions).Select(i => $"exec-many-{i}")];
        List<Daemon> logins = [];
        try
        {
            foreach (string session in sessions)
            {
                await cluster.CreateExecSessionAsync(session);
                await cluster.Nodes.KubectlAsync("-n", GatewayCluster.Sessions, "patch", "csess", session, "--type=merge", "-p", $$$"""{"spec": {"maxConnections": {{{LoginsPerSession + 10}}}}}""");
                Assert.True((await cluster.Ssh.RunAsync(session, "true")).Succeeded);
            }
            long before = await RelaysMemoryAsync();
            foreach (string[] some in Enumerable.Range(0, LoginsPerSession).SelectMany(_ => sessions).Chunk(AtOnce))
            {
                Daemon[] opened = [.. some.Select(session => cluster.Ssh.Start(session, [], "echo is open; until test -e /tmp/go-on; do sleep 5; done; echo went on; exit 3"))];
                logins.AddRange(opened);
                await Task.WhenAll(opened.Select(login => login.WaitForLineAsync("is open", Deadline)));
            }
            long grown = await RelaysMemoryAsync() - before;
            int relays = (await cluster.PodsAsync(GatewayCluster.Relays)).Count;
            output.WriteLine($"Figure: real cluster: {logins.Count} logins through {relays} exec relays: {grown / logins.Count >> 10} KiB of a relay's memory each");

            foreach (string session in sessions)
            {
                Assert.True((await cluster.Ssh.RunAsync(session, "touch /tmp/go-on")).Succeeded);
            }
            await Task.WhenAll(logins.Select(login => login.WaitForLineAsync("went on", Deadline)));
            await Eventually.TrueAsync(() => logins.All(login => login.HasExited), Deadline, () => $"{logins.Count(login => !login.HasExited)} logins do not end");
            Assert.All(logins, login => Assert.Equal(3, login.ExitCode));
        }
        finally
        {
            foreach (Daemon login in logins)
            {
                await login.DisposeAsync();
            }
            foreach (string session in sessions)
            {
                await cluster.DeleteExecSessionAsync(session);
            }
        }
    }

    /// <summary>The sum of the relays' proportional sets.</summary>
    private async Task<long> RelaysMemoryAsync()
    {
        long sum = 0;
        foreach (JsonElement pod in await cluster.PodsAsync(GatewayCluster.Relays))
        {
            string line = await cluster.RunInPodAsync(GatewayCluster.Gateway, pod.Name(), "grep ^Pss: /proc/1/smaps_rollup");
            sum += long.Parse(line.Split(' ', StringSplitOptions.RemoveEmptyEntries)[1], CultureInfo.InvariantCulture) * 1024;
        }
        return sum;
    }

    /// <summary>What all processors of this machine, and so both nodes and the client, have worked.</summary>
    private static double MachineSeconds()
    {
        // proc(5): user, nice, system, idle, iowait, irq, softirq; in hundredths of a second.
        double[] ticks = [.. File.ReadLines("/proc/stat").First().Split(' ', StringSplitOptions.RemoveEmptyEntries).Skip(1).Select(field => double.Parse(field, CultureInfo.InvariantCulture))];
        return (ticks[0] + ticks[1] + ticks[2] + ticks[5] + ticks[6]) / 100;
    }
}
