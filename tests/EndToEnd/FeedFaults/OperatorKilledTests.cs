using SshGateway.Tests.Support.Harness;
using SshGateway.Tests.Support.Kubernetes.FaultProxy;

namespace SshGateway.Tests.EndToEnd.FeedFaults;

/// <summary>An operator that is killed while it sends its table.</summary>
[Collection(OwnGatewayTests.Name)]
public sealed class OperatorKilledTests(SharedGateway shared)
{
    private const string Entries = "sshgateway_proxy_table_entries";

    [RealSshFact]
    public async Task An_operator_killed_in_the_middle_of_a_snapshot_and_restarted_takes_no_session_away()
    {
        FaultyProxy? network = null;
        await using Gateway gateway = await Gateway.StartAsync(shared.Gateway.Keys, new GatewayOptions
        {
            ProxyArguments = [[]],
            FeedThrough = port => (network ??= new FaultyProxy(port)).Port,
        });
        await using FaultyProxy _ = network!;
        await using PodSshd kept = await gateway.AddPodAsync("kept", shared.UserKey);
        await using PodSshd gone = await gateway.AddPodAsync("gone", shared.UserKey);
        gateway.Manifests.Write("crowd", Crowd.Of(0, 2000));
        SshClient client = SshClient.Create(gateway.Proxies[0].Ssh, shared.UserKey, gateway.Keys.HostKeys);
        await client.RunWhenKnownAsync("gone", "true");
        await UntilEntriesAsync(gateway, count => count == 2002);
        await using LineDialog open = LineDialog.Start(client, "kept", "cat");
        Assert.Equal("before", await open.EchoAsync("before"));

        // The next operator has another table, and the proxy gets a part of it.
        await gateway.KillOperatorAsync();
        gateway.Manifests.Remove("gone");
        gateway.Manifests.Write("more", Crowd.Of(2000, 4000));
        network!.HoldAfter(400_000);
        await gateway.StartOperatorAsync();
        await Eventually.TrueAsync(() => network.IsHolding, "the proxy gets a part of the snapshot");
        await UntilEntriesAsync(gateway, count => count is > 2002 and < 6002);
        await LogInAsync(gateway, client);

        await gateway.KillOperatorAsync();
        network.Cut();
        await LogInAsync(gateway, client);
        await UntilEntriesAsync(gateway, count => count is > 2002 and < 6002);

        network.HoldNothing();
        await gateway.StartOperatorAsync();
        await UntilEntriesAsync(gateway, count => count == 6001);
        Assert.Equal("kept\n", (await client.RunAsync("kept", "echo $POD")).Text);
        Assert.Contains("Permission denied", (await client.RunAsync("gone", "echo $POD")).ErrorText, StringComparison.Ordinal);
        Assert.Equal("after", await open.EchoAsync("after"));
    }

    private static async Task LogInAsync(Gateway gateway, SshClient client)
    {
        foreach (string id in new[] { "kept", "gone", "kept", "gone" })
        {
            CommandResult result = await client.RunAsync(id, "echo $POD");
            Assert.True(result.Text == $"{id}\n", $"{result}\n{gateway.Logs}");
        }
    }

    private static Task UntilEntriesAsync(Gateway gateway, Func<double, bool> isExpected)
    {
        double entries = 0;
        return Eventually.TrueAsync(
            async () => isExpected(entries = (await Scrape.OfAsync(gateway.Proxies[0].Http))[Entries]),
            () => $"the proxy has {entries} sessions\n{gateway.Logs}");
    }
}
