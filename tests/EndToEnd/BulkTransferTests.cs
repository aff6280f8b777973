using SshGateway.Tests.Support.Harness;

namespace SshGateway.Tests.EndToEnd;

/// <summary>
/// Much data, checksums equal: each way, both ways at once, and while both legs exchange keys all the time.
/// </summary>
[Collection(EndToEndTests.Name)]
public sealed class BulkTransferTests(SharedGateway shared)
{
    private const long OneWay = 256L << 20;
    private const long Gibibyte = 1L << 30;
    private const long RekeyedBytes = 100L << 20;
    private static readonly TimeSpan Deadline = TimeSpan.FromMinutes(5);

    [RealSshFact("openssl", "sha256sum")]
    public async Task A_long_stream_reaches_the_pod_whole()
    {
        CommandResult result = await Command.ShellAsync(
            $"{ByteStream.Command(1, OneWay)} | {Ssh()} sha256sum", Deadline);

        await AssertChecksumsAsync(result, (1, OneWay));
    }

    [RealSshFact("openssl", "sha256sum")]
    public async Task A_long_stream_reaches_the_client_whole()
    {
        CommandResult result = await Command.ShellAsync(
            $"{Ssh()} {Quote(ByteStream.Command(2, OneWay))} | sha256sum", Deadline);

        await AssertChecksumsAsync(result, (2, OneWay));
    }

    [RealSshFact("openssl", "sha256sum")]
    [Trait("Category", "Long")]
    public async Task A_gibibyte_each_way_at_once_arrives_whole()
    {
        CommandResult result = await BothWaysAsync(Ssh(), Gibibyte);

        await AssertChecksumsAsync(result, (3, Gibibyte), (4, Gibibyte));
    }

    // 400 limits are reached in each direction; a rekey that is under way covers some of them. 16K is more often than
    // anybody needs, and still no reason to end a session.
    [RealSshTheory("openssl", "sha256sum")]
    [InlineData("256K", RekeyedBytes)]
    [InlineData("16K", RekeyedBytes / 16)]
    public async Task Both_legs_may_exchange_keys_at_once_all_the_time(string limit, long length)
    {
        string session = $"rekeying-{limit.ToLowerInvariant()}";
        await using PodSshd pod = await shared.AddPodAsync(
            session, options => options with { ExtraConfig = [$"RekeyLimit {limit}", "KexAlgorithms curve25519-sha256"] });
        SshClient client = shared.Client.With($"RekeyLimit={limit}", "Ciphers=aes128-gcm@openssh.com", "KexAlgorithms=curve25519-sha256");
        Assert.True((await client.RunWhenKnownAsync(session, "true")).Succeeded);

        CommandResult result = await BothWaysAsync($"{client.CommandLine(session)} -v {SshClient.Host}", length);

        await AssertChecksumsAsync(result, (3, length), (4, length));
        AssertKeyExchanges(result, atLeast: 100);
    }

    [RealSshFact("openssl", "sha256sum")]
    public async Task The_gateway_itself_exchanges_keys_on_both_legs()
    {
        // Neither ssh nor sshd has a limit here: every exchange but the first is the proxy's own.
        await using Gateway gateway = await Gateway.StartAsync(
            shared.Gateway.Keys, new GatewayOptions { ProxyArguments = [["--Proxy:RekeyBytes=1000000"]] });
        await using PodSshd pod = await PodSshd.StartAsync(
            new PodOptions("rekeyed", "rekeyed", gateway.Keys.UserCa.PublicFile) { ExtraConfig = ["LogLevel DEBUG1"] });
        gateway.Manifests.Write(
            new SessionManifest("rekeyed", [shared.UserKey.PublicLine]) { Port = pod.Endpoint.Port },
            new PodManifest("rekeyed", "rekeyed", pod.Endpoint.Address));
        SshClient client = SshClient.Create(gateway.Proxies[0].Ssh, shared.UserKey, gateway.Keys.HostKeys)
            .With("Ciphers=aes128-gcm@openssh.com");
        Assert.True((await client.RunWhenKnownAsync("rekeyed", "true")).Succeeded);

        CommandResult result = await BothWaysAsync($"{client.CommandLine("rekeyed")} -v {SshClient.Host}", RekeyedBytes);

        await AssertChecksumsAsync(result, (3, RekeyedBytes), (4, RekeyedBytes));
        AssertKeyExchanges(result, atLeast: 25);
        int onPodLeg = pod.Log.Split("SSH2_MSG_NEWKEYS received").Length - 1;
        Assert.True(onPodLeg > 25, $"Only {onPodLeg} key exchanges on the pod's leg.");
    }

    private string Ssh() =>
        $"{shared.Client.With("Ciphers=aes128-gcm@openssh.com").CommandLine(SharedGateway.Alpha)} {SshClient.Host}";

    /// <summary>Stream 3 to the pod, stream 4 to the client; both ends' checksums on stdout, the pod's first.</summary>
    private static Task<CommandResult> BothWaysAsync(string ssh, long length)
    {
        string sum = Path.Combine(ScratchDirectory.New("sums"), "pod");
        string remote = $"{ByteStream.Command(4, length)} & sha256sum > {sum}; wait";
        return Command.ShellAsync(
            $"client=$({ByteStream.Command(3, length)} | {ssh} {Quote(remote)} | sha256sum) && cat {sum} && echo \"$client\"",
            Deadline);
    }

    private static async Task AssertChecksumsAsync(CommandResult result, params (int Number, long Length)[] streams)
    {
        string expected = "";
        foreach ((int number, long length) in streams)
        {
            expected += $"{await ByteStream.ChecksumAsync(number, length)}  -\n";
        }

        Assert.True(result.Succeeded, result.ToString());
        Assert.Equal(expected, result.Text);
    }

    /// <summary>Counted in what ssh -v says, so on the client's leg.</summary>
    private static void AssertKeyExchanges(CommandResult result, int atLeast)
    {
        int exchanges = result.ErrorText.Split("SSH2_MSG_NEWKEYS received").Length - 1;
        Assert.True(exchanges > atLeast, $"Only {exchanges} key exchanges on the client's leg.\n{result}");
    }

    private static string Quote(string script) => $"'{script}'";
}
