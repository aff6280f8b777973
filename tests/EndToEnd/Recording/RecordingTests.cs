using System.Text.Json;
using SshGateway.Tests.Support;
using SshGateway.Tests.Support.Harness;
using SshGateway.Tests.Support.Recording;

namespace SshGateway.Tests.EndToEnd.Recording;

/// <summary>Sessions that are recorded, with the stock ssh and sshd.</summary>
[Collection(OwnRelayTests.Name)]
public sealed class RecordingTests(SharedGateway shared)
{
    [RealSshFact("setsid", "stty")]
    public async Task A_shell_is_recorded_with_its_sizes_and_without_what_is_typed()
    {
        const string Id = "rec-shell";
        await using RecordedGateway gateway = await RecordedGateway.StartAsync(shared);
        await gateway.AddPodAsync(Id, "Terminal");
        await using (Pty terminal = Pty.Start(24, 80, $"{gateway.Client.CommandLine(Id)} {SshClient.Host}"))
        {
            await terminal.WaitForAsync($"Session {Id} is recorded: what your terminals show.");
            // Only what is typed while the terminal does not echo is not shown.
            terminal.Type("stty -echo; echo ready-$((40+2)); read -r word; stty echo; echo length=${#word} 'gr\u00fc\u00dfe'\n");
            await terminal.WaitForAsync("ready-42");
            terminal.Type("hunter2\n");
            await terminal.WaitForAsync("length=7 gr\u00fc\u00dfe");
            terminal.Resize(50, 132);
            terminal.Type("trap 'echo size=$(stty size)' WINCH; echo size=$(stty size); sleep 1 & wait\n");
            await terminal.WaitForAsync("size=50 132");
            terminal.Type("exit 9\n");
            Assert.Equal(9, await terminal.WaitForExitAsync());
        }
        await gateway.WaitForRecordingsAsync(1);

        Cast cast = gateway.Read();
        Assert.Equal((80, 24), (cast.Header.GetProperty("width").GetInt32(), cast.Header.GetProperty("height").GetInt32()));
        Assert.Contains("length=7 gr\u00fc\u00dfe", cast.Output, StringComparison.Ordinal);
        Assert.Contains("132x50", cast.Resizes);
        Assert.StartsWith("channel closed, exit status 9, ", Assert.Single(cast.Markers), StringComparison.Ordinal);
        Assert.DoesNotContain("hunter2", await File.ReadAllTextAsync(gateway.Complete[0]), StringComparison.Ordinal);
        JsonElement end = await gateway.EndAsync(Id);
        Assert.Equal(Path.GetFileName(gateway.Complete[0]), Assert.Single(end.GetProperty("recordings").EnumerateArray()).GetString());
        Assert.Equal("Terminal", end.GetProperty("recording").GetString());
    }

    [RealSshFact]
    public async Task All_records_commands_and_every_channel_of_a_shared_connection()
    {
        const string Id = "rec-all";
        await using RecordedGateway gateway = await RecordedGateway.StartAsync(shared);
        await gateway.AddPodAsync(Id, "All");
        string socket = Path.Combine(ScratchDirectory.New("mux"), "s");
        SshClient client = gateway.Client;
        await using (Daemon master = client.With("ControlMaster=yes", $"ControlPath={socket}").Start(Id, ["-N"]))
        {
            await Eventually.TrueAsync(() => File.Exists(socket), TimeSpan.FromSeconds(20), () => master.Output);
            SshClient slave = client.With("ControlMaster=no", $"ControlPath={socket}");
            CommandResult[] results = await Task.WhenAll(Enumerable.Range(1, 4).Select(number => slave.RunAsync(Id, $"echo out-{number}; echo err-{number} >&2; exit {number}")));
            Assert.Equal([1, 2, 3, 4], results.Select(result => result.ExitCode));
            Assert.Contains($"Session {Id} is recorded: all output.", master.Output, StringComparison.Ordinal);
        }
        await gateway.WaitForRecordingsAsync(4);

        Cast[] casts = [.. gateway.Complete.Select(Cast.Read)];
        for (int number = 1; number <= 4; number++)
        {
            Cast cast = Assert.Single(casts, cast => cast.Header.GetProperty("command").GetString()!.StartsWith($"echo out-{number};", StringComparison.Ordinal));
            Assert.Equal([$"err-{number}", $"out-{number}"], cast.Output.Split("\r\n", StringSplitOptions.RemoveEmptyEntries).Order());
            Assert.Equal($"channel closed, exit status {number}, 0 bytes of input", Assert.Single(cast.Markers));
        }
    }

    [RealSshFact("scp")]
    public async Task A_bulk_transfer_is_counted_and_not_recorded_unless_it_is_all()
    {
        const string Id = "rec-bulk";
        const int Size = 64 * 1024 * 1024;
        await using RecordedGateway gateway = await RecordedGateway.StartAsync(shared);
        await gateway.AddPodAsync(Id, "Terminal");
        string folder = ScratchDirectory.New("bulk");
        string from = Path.Combine(folder, "from");
        byte[] content = new byte[Size];
        new Random(1).NextBytes(content);
        await File.WriteAllBytesAsync(from, content);

        CommandResult copy = await gateway.Client.CopyAsync(Id, [], from, $"{SshClient.Host}:{folder}/to");

        Assert.True(copy.Succeeded, $"{copy}");
        Assert.Equal(content, await File.ReadAllBytesAsync(Path.Combine(folder, "to")));
        JsonElement end = await gateway.EndAsync(Id);
        Assert.InRange(end.GetProperty("unrecordedBytes").GetInt64(), Size, Size * 1.01);
        Assert.False(end.TryGetProperty("recordings", out _));
        Assert.Empty(Directory.GetFileSystemEntries(gateway.Directory));
        Scrape metrics = await Scrape.OfAsync(gateway.Proxy.Http);
        Assert.InRange(metrics["sshgateway_proxy_recording_unrecorded_bytes_total"], Size, Size * 1.01);
        Assert.Equal(0, metrics["sshgateway_proxy_recording_written_bytes_total"]);
    }

    [RealSshFact]
    public async Task A_recording_goes_on_through_key_exchanges_and_loses_nothing()
    {
        const string Id = "rec-rekey";
        await using RecordedGateway gateway = await RecordedGateway.StartAsync(shared, null, "--Proxy:RecordingMaxFileSize=4194304");
        await gateway.AddPodAsync(Id, "All");

        CommandResult result = await gateway.Client.With("RekeyLimit=1M").RunAsync(Id, "seq 1 1500000");

        Assert.True(result.Succeeded, $"{result.ErrorText}");
        await Eventually.TrueAsync(() => gateway.Complete.Count >= 2 && gateway.Partial.Count == 0, TimeSpan.FromSeconds(30), () => gateway.Gateway.Logs);
        string recorded = string.Concat(gateway.Complete
            .OrderBy(file => int.Parse(Path.GetFileNameWithoutExtension(file).Split('_')[^1].Split('.') is [_, var part] ? part : "1", System.Globalization.CultureInfo.InvariantCulture))
            .Select(file => Cast.Read(file).Output));
        Assert.Equal(result.Text, recorded.Replace("\r\n", "\n", StringComparison.Ordinal));
    }

    [RealSshFact("setsid")]
    public async Task A_proxy_that_is_killed_leaves_what_there_was()
    {
        const string Id = "rec-killed";
        await using RecordedGateway gateway = await RecordedGateway.StartAsync(shared);
        await gateway.AddPodAsync(Id, "Terminal");
        await using Pty terminal = await gateway.OpenTerminalAsync(Id);
        string Written() => gateway.Partial.Count == 1 ? File.ReadAllText(gateway.Partial[0]) : "";
        await Eventually.TrueAsync(() => Written().Contains("here-42", StringComparison.Ordinal), "the recording has what the terminal shows");

        await gateway.Proxy.Daemon.KillAsync();

        Assert.Empty(gateway.Complete);
        Assert.Contains("here-42", Cast.Parse(Written()).Output, StringComparison.Ordinal);
    }
}
