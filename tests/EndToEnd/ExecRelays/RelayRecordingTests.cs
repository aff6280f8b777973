using System.Text.Json;
using SshGateway.Tests.Support.Harness;
using SshGateway.Tests.Support.Recording;

namespace SshGateway.Tests.EndToEnd.ExecRelays;

/// <summary>The proxy records a session without sshd as it records any other one.</summary>
[Collection(OwnRelayTests.Name)]
public sealed class RelayRecordingTests
{
    private static readonly TimeSpan Soon = TimeSpan.FromSeconds(30);

    [RealSshFact("setsid", "stty")]
    public async Task A_shell_is_recorded_with_its_sizes_and_its_status()
    {
        await using RelayRig rig = await RelayRig.StartAsync();
        rig.PutPod("uid-2", recording: "Terminal");
        await WaitForNoticeAsync(rig, "what your terminals show");
        await using (Pty terminal = Pty.Start(24, 80, $"{rig.Client.CommandLine(RelayRig.Id)} {SshClient.Host}"))
        {
            terminal.Type("echo here-$((40+2)) 'gr\u00fc\u00dfe'\n");
            await terminal.WaitForAsync("here-42 gr\u00fc\u00dfe");
            terminal.Resize(50, 132);
            terminal.Type("until [[ $(stty size) == '50 132' ]]; do :; done; echo size=$(stty size)\n");
            await terminal.WaitForAsync("size=50 132");
            terminal.Type("exit 9\n");
            Assert.Equal(9, await terminal.WaitForExitAsync());
        }

        Cast cast = Assert.Single(await ReadAsync(rig, count: 1));
        Assert.Equal((80, 24), (cast.Header.GetProperty("width").GetInt32(), cast.Header.GetProperty("height").GetInt32()));
        Assert.Contains("here-42 gr\u00fc\u00dfe", cast.Output, StringComparison.Ordinal);
        Assert.Contains("132x50", cast.Resizes);
        Assert.StartsWith("channel closed, exit status 9, ", Assert.Single(cast.Markers), StringComparison.Ordinal);
    }

    [RealSshFact]
    public async Task All_records_a_command_with_both_of_its_streams()
    {
        await using RelayRig rig = await RelayRig.StartAsync();
        rig.PutPod("uid-2", recording: "All");
        await WaitForNoticeAsync(rig, "all output");

        CommandResult result = await rig.Client.RunAsync(RelayRig.Id, "cat; echo err >&2; exit 3", "out\n"u8.ToArray());

        Assert.Equal((3, "out\n"), (result.ExitCode, result.Text));
        Cast cast = (await ReadAsync(rig, count: 1, command: "cat;"))[0];
        Assert.Equal(["err", "out"], cast.Output.Split("\r\n", StringSplitOptions.RemoveEmptyEntries).Order());
        Assert.Equal("channel closed, exit status 3, 4 bytes of input", Assert.Single(cast.Markers));
    }

    // Until the proxy and the relay know the new pod, logins to the old one fail.
    private static Task WaitForNoticeAsync(RelayRig rig, string what) => Eventually.TrueAsync(
        async () => await rig.Client.RunAsync(RelayRig.Id, "true") is { Succeeded: true } login
            && login.ErrorText.Contains($"Session {RelayRig.Id} is recorded: {what}.", StringComparison.Ordinal),
        Soon,
        () => rig.Logs);

    private static async Task<IReadOnlyList<Cast>> ReadAsync(RelayRig rig, int count, string? command = null)
    {
        Cast[] casts = [];
        await Eventually.TrueAsync(
            () =>
            {
                casts = [.. Directory.GetFiles(rig.Recordings, "*.cast").Select(Cast.Read).Where(cast => command is null || StartsWith(cast, command))];
                return casts.Length == count;
            },
            Soon,
            () => $"{string.Join('\n', Directory.GetFiles(rig.Recordings))}\n{rig.Logs}");
        return casts;
    }

    private static bool StartsWith(Cast cast, string command) =>
        cast.Header.TryGetProperty("command", out JsonElement found) && found.GetString()!.StartsWith(command, StringComparison.Ordinal);
}
