using System.Text.Json;
using SshGateway.Tests.Support;
using SshGateway.Tests.Support.Harness;

namespace SshGateway.Tests.EndToEnd.Recording;

/// <summary>Recordings on real file systems that take nothing more.</summary>
[Collection(OwnRelayTests.Name)]
public sealed class RecordingDiskTests(SharedGateway shared)
{
    private const string Id = "rec-disk";
    private const string Ended = $"This connection to session {Id} was closed because the gateway can no longer record it.";
    private const string Refused = $"Session {Id} must be recorded, and the gateway cannot record it now.";

    [RealSshFact("mount", "setsid", "dd")]
    public async Task On_a_full_disk_nobody_works_unrecorded()
    {
        await using TmpDisk disk = await TmpDisk.MountAsync();
        await using RecordedGateway gateway = await RecordedGateway.StartAsync(shared, disk.Path);
        await gateway.AddPodAsync(Id, "Terminal");
        await using Pty terminal = await gateway.OpenTerminalAsync(Id);

        await disk.FillAsync();
        terminal.Type("yes | head -n 100000\n");

        await terminal.WaitForAsync(Ended);
        Assert.Equal(255, await terminal.WaitForExitAsync());
        Assert.Single(gateway.Partial);
        Assert.Equal("RecordingFailed", (await gateway.EndAsync(Id)).GetProperty("end").GetString());
        CommandResult login = await gateway.Client.RunAsync(Id, "echo in");
        Assert.Equal((255, ""), (login.ExitCode, login.Text));
        Assert.Contains(Refused, login.ErrorText, StringComparison.Ordinal);
        Scrape metrics = await Scrape.OfAsync(gateway.Proxy.Http);
        Assert.Equal((1, 2), (metrics["sshgateway_proxy_recording_broken"], metrics["sshgateway_proxy_recording_failures_total"]));

        disk.Empty();
        CommandResult again = await gateway.Client.RunAsync(Id, "echo in");
        Assert.True(again.Text == "in\n", $"{again}\n{gateway.Gateway.Logs}");
    }

    [RealSshFact("mount", "dd")]
    public async Task A_full_disk_does_not_keep_a_proxy_from_starting()
    {
        await using TmpDisk disk = await TmpDisk.MountAsync();
        await disk.FillAsync();
        await using RecordedGateway gateway = await RecordedGateway.StartAsync(shared, disk.Path);
        await gateway.AddPodAsync("rec-none", "None");
        await gateway.AddPodAsync(Id, "Terminal");

        Assert.Equal("in\n", (await gateway.Client.RunAsync("rec-none", "echo in")).Text);
        Assert.Contains(Refused, (await gateway.Client.RunAsync(Id, "echo in")).ErrorText, StringComparison.Ordinal);
        disk.Empty();
        Assert.Equal("in\n", (await gateway.Client.RunAsync(Id, "echo in")).Text);
    }

    [RealSshFact("mount")]
    public async Task A_directory_that_became_read_only_refuses_logins_until_it_is_writable()
    {
        await using TmpDisk disk = await TmpDisk.MountAsync();
        await using RecordedGateway gateway = await RecordedGateway.StartAsync(shared, disk.Path);
        await gateway.AddPodAsync(Id, "Terminal");
        Assert.Equal("in\n", (await gateway.Client.RunAsync(Id, "echo in")).Text);

        await Command.OutputAsync("mount", "-o", "remount,ro", disk.Path);

        // What was found out is good for a second.
        await Eventually.TrueAsync(
            async () => (await gateway.Client.RunAsync(Id, "echo in")).ErrorText.Contains(Refused, StringComparison.Ordinal),
            TimeSpan.FromSeconds(30), () => gateway.Gateway.Logs);
        await Command.OutputAsync("mount", "-o", "remount,rw", disk.Path);
        Assert.Equal("in\n", (await gateway.Client.RunAsync(Id, "echo in")).Text);
    }

    [RealSshFact("mount", "setsid")]
    public async Task A_gateway_that_may_go_on_goes_on_and_says_so()
    {
        await using TmpDisk disk = await TmpDisk.MountAsync();
        await using RecordedGateway gateway = await RecordedGateway.StartAsync(shared, disk.Path, "--Proxy:RecordingFailure=Continue");
        await gateway.AddPodAsync(Id, "Terminal");
        await using Pty terminal = await gateway.OpenTerminalAsync(Id);

        await disk.FillAsync();
        terminal.Type("yes | head -n 100000; echo still-$((40+2))\n");
        await terminal.WaitForAsync("still-42");

        await gateway.Proxy.Daemon.WaitForLineAsync("The connection goes on without recording");
        CommandResult login = await gateway.Client.RunAsync(Id, "echo in");
        Assert.Equal("in\n", login.Text);
        // It would not be true.
        Assert.DoesNotContain("is recorded", login.ErrorText, StringComparison.Ordinal);
        await gateway.Proxy.Daemon.WaitForLineAsync("Proxy:RecordingFailure is Continue");
        Assert.Contains("No space left", (await gateway.EndAsync(Id)).GetProperty("recordingProblem").GetString(), StringComparison.Ordinal);
    }

    [RealSshFact("mount", "mkfs.ext4", "fsfreeze", "setsid")]
    public async Task A_disk_that_does_not_answer_holds_nobody_for_long()
    {
        await using LoopDisk disk = await LoopDisk.MountAsync();
        await using RecordedGateway gateway = await RecordedGateway.StartAsync(shared, disk.Path, "--Proxy:RecordingTimeout=00:00:03");
        await gateway.AddPodAsync(Id, "Terminal");
        await using Pty terminal = await gateway.OpenTerminalAsync(Id);

        await disk.FreezeAsync();
        terminal.Type("echo there-$((40+2))\n");

        await terminal.WaitForAsync(Ended);
        CommandResult login = await gateway.Client.RunAsync(Id, "echo in");
        Assert.Contains(Refused, login.ErrorText, StringComparison.Ordinal);
        // Sessions without a recording do not notice.
        await gateway.AddPodAsync("rec-none", "None");
        Assert.Equal("in\n", (await gateway.Client.RunAsync("rec-none", "echo in")).Text);

        await disk.ThawAsync();
        await Eventually.TrueAsync(
            async () => (await gateway.Client.RunAsync(Id, "echo in")).Text == "in\n", TimeSpan.FromSeconds(60), () => gateway.Gateway.Logs);
    }

    [RealSshFact("mount")]
    public async Task Free_space_is_left_to_others()
    {
        await using TmpDisk disk = await TmpDisk.MountAsync();
        await using RecordedGateway gateway = await RecordedGateway.StartAsync(shared, disk.Path, $"--Proxy:RecordingMinFreeSpace={TmpDisk.Size / 2}");
        await gateway.AddPodAsync(Id, "All");
        Assert.Equal("in\n", (await gateway.Client.RunAsync(Id, "echo in")).Text);
        await gateway.WaitForRecordingsAsync(1);

        await disk.FillAsync(TmpDisk.Size * 3 / 4);

        // What was found out is good for a second.
        await Eventually.TrueAsync(
            async () => (await gateway.Client.RunAsync(Id, "echo in")).ErrorText.Contains(Refused, StringComparison.Ordinal),
            TimeSpan.FromSeconds(30), () => gateway.Gateway.Logs);
        JsonElement end = await gateway.EndAsync(Id, "RecordingFailed");
        Assert.Contains("Proxy:RecordingMinFreeSpace", end.GetProperty("detail").GetString(), StringComparison.Ordinal);
    }

    /// <summary>A small file system in memory.</summary>
    private sealed class TmpDisk : IAsyncDisposable
    {
        public const int Size = 256 * 1024;

        private TmpDisk(string path) => Path = path;

        public string Path { get; }

        private string Ballast => System.IO.Path.Combine(Path, "ballast");

        public static async Task<TmpDisk> MountAsync()
        {
            string path = ScratchDirectory.New("disk");
            await Command.OutputAsync("mount", "-t", "tmpfs", "-o", "size=256k", "tmpfs", path);
            return new TmpDisk(path);
        }

        public Task FillAsync(int bytes) => File.WriteAllBytesAsync(Ballast, new byte[bytes]);

        /// <summary>To the last page.</summary>
        public async Task FillAsync()
        {
            CommandResult dd = await Command.RunAsync("dd", ["if=/dev/zero", $"of={Ballast}", "bs=4096"]);
            Assert.Contains("No space left", dd.ErrorText, StringComparison.Ordinal);
        }

        public void Empty() => File.Delete(Ballast);

        public async ValueTask DisposeAsync() => await Command.RunAsync("umount", ["-l", Path]);
    }
}
