using SshGateway.Ssh.Keys;
using SshGateway.Tests.Support.Fuzzing;
using SshGateway.Tests.Support.Harness;
using SshGateway.Tests.Support.Ssh;
using Xunit;
using Xunit.Abstractions;

namespace SshGateway.Tests.EndToEnd.Fuzzing;

/// <summary>
/// Damaged messages to a running proxy, with a real sshd behind it: no crash, no hang, no leak, and nobody else
/// notices.
/// </summary>
[Collection(SharedGatewayTests.Name)]
[Trait("Category", "Long")]
public sealed class LiveFuzzTests(SharedGateway shared, ITestOutputHelper output)
{
    private const int Connections = 1600;
    private const int Parallel = 4;

    // Only the first one is sure to be read: most of them end the connection.
    private const int MessagesPerConnection = 3;
    private const long AllowedGrowth = 100 << 20;

    [RealSshFact]
    public Task After_NEWKEYS_nothing_breaks() => FuzzAsync(
        (client, key) => Task.FromResult(client.BeforeAuthentication(SharedGateway.Alpha, key)));

    [RealSshFact]
    public Task After_USERAUTH_SUCCESS_nothing_breaks() => FuzzAsync(
        async (client, key) =>
        {
            await client.LogInAsync(SharedGateway.Alpha, key);
            return FuzzingClient.AfterAuthentication(SharedGateway.Alpha);
        });

    private async Task FuzzAsync(Func<FuzzingClient, SshPrivateKey, Task<IReadOnlyList<byte[]>>> prepare)
    {
        ProxyProcess proxy = shared.Gateway.Proxies[0];
        SshPrivateKey key = KeyFile.Load(shared.UserKey.PrivateFile);
        // Buffers, code and threads that the first connections bring are no leak.
        await SendAsync(Connections / 8, seed: 0);
        long before = proxy.Daemon.ResidentBytes();

        await SendAsync(Connections, FuzzRun.Seed);

        long after = proxy.Daemon.ResidentBytes();
        output.WriteLine($"Figure: {Connections} connections with damaged messages: resident memory of the proxy {before >> 20} MiB before, {after >> 20} after");
        Assert.False(proxy.Daemon.HasExited, shared.Gateway.Logs);
        Assert.DoesNotContain("failed on a defect", proxy.Daemon.Output, StringComparison.Ordinal);
        Assert.True(after - before < AllowedGrowth, $"{(after - before) >> 20} MiB more than before");
        CommandResult login = await shared.Client.RunAsync(SharedGateway.Alpha, "echo $POD");
        Assert.True(login.Text == "alpha\n", $"{login}\n{shared.Gateway.Logs}");

        Task SendAsync(int connections, int seed) => Task.WhenAll(Enumerable.Range(0, Parallel).Select(async lane =>
        {
            Mutator mutator = new((seed * Parallel) + lane);
            for (int connection = lane; connection < connections; connection += Parallel)
            {
                await using FuzzingClient client = await FuzzingClient.ConnectAsync(proxy.Ssh);
                IReadOnlyList<byte[]> samples = await prepare(client, key);
                for (int message = 0; message < MessagesPerConnection; message++)
                {
                    byte[] damaged = mutator.Next(samples);
                    // An empty payload cannot be sent in a good packet.
                    Assert.True(await client.TrySendAsync(damaged.Length == 0 ? [0] : damaged) || message > 0, "closed before the first message");
                }

                await client.EndAsync().Limited();
            }
        }));
    }
}
