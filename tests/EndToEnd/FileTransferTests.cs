using System.Security.Cryptography;
using SshGateway.Tests.Support.Harness;

namespace SshGateway.Tests.EndToEnd;

/// <summary>scp with both of its protocols, sftp and rsync.</summary>
[Collection(SharedGatewayTests.Name)]
public sealed class FileTransferTests(SharedGateway shared)
{
    private const int Size = 20_000_003;

    [RealSshTheory("scp")]
    [InlineData("-O")]
    [InlineData("-s")]
    public async Task Scp_copies_a_file_there_and_back(string protocol)
    {
        string directory = ScratchDirectory.New("scp");
        string original = await RandomFileAsync(directory, "original");
        string inPod = Path.Combine(shared.Pod(SharedGateway.Alpha).Home, $"scp{protocol}");
        string back = Path.Combine(directory, "back");

        CommandResult there = await shared.Client.CopyAsync(
            SharedGateway.Alpha, [protocol, "-p"], original, $"{SshClient.Host}:{inPod}");
        CommandResult andBack = await shared.Client.CopyAsync(
            SharedGateway.Alpha, [protocol], $"{SshClient.Host}:{inPod}", back);

        Assert.True(there.Succeeded, there.ToString());
        Assert.True(andBack.Succeeded, andBack.ToString());
        Assert.Equal(await ChecksumAsync(original), await ChecksumAsync(inPod));
        Assert.Equal(await ChecksumAsync(original), await ChecksumAsync(back));
    }

    [RealSshFact("sftp")]
    public async Task A_batch_of_sftp_commands_runs()
    {
        string directory = ScratchDirectory.New("sftp");
        string original = await RandomFileAsync(directory, "original");
        string inPod = Path.Combine(shared.Pod(SharedGateway.Beta).Home, "sftp");
        string batch = Path.Combine(directory, "batch");
        await File.WriteAllLinesAsync(batch,
        [
            $"mkdir {inPod}",
            $"cd {inPod}",
            $"put {original} first",
            "rename first second",
            "chmod 600 second",
            "ls -l",
            $"get second {directory}/back",
        ]);

        CommandResult result = await Command.RunAsync(
            "sftp", [.. shared.Client.Arguments(SharedGateway.Beta), "-b", batch, SshClient.Host]);

        Assert.True(result.Succeeded, result.ToString());
        Assert.Contains("-rw-------", result.Text, StringComparison.Ordinal);
        Assert.Equal(await ChecksumAsync(original), await ChecksumAsync(Path.Combine(directory, "back")));
        Assert.Equal(await ChecksumAsync(original), await ChecksumAsync(Path.Combine(inPod, "second")));
    }

    [RealSshFact("rsync")]
    public async Task Rsync_mirrors_a_tree_and_then_sends_only_what_changed()
    {
        string source = ScratchDirectory.New("rsync");
        for (int file = 0; file < 200; file++)
        {
            string folder = Directory.CreateDirectory(Path.Combine(source, $"folder-{file % 10}")).FullName;
            await File.WriteAllTextAsync(Path.Combine(folder, $"file-{file}"), new string('x', file * 50));
        }

        await RandomFileAsync(source, "large");
        string inPod = Path.Combine(shared.Pod(SharedGateway.Gamma).Home, "mirror");

        CommandResult first = await RsyncAsync(source, inPod);
        await File.WriteAllTextAsync(Path.Combine(source, "folder-3", "file-3"), "changed");
        CommandResult second = await RsyncAsync(source, inPod);

        Assert.True(first.Succeeded, first.ToString());
        Assert.True(second.Succeeded, second.ToString());
        Assert.Contains("folder-3/file-3", second.Text, StringComparison.Ordinal);
        Assert.DoesNotContain("large", second.Text, StringComparison.Ordinal);
        CommandResult difference = await Command.RunAsync("diff", ["-r", source, inPod]);
        Assert.True(difference.Succeeded, difference.ToString());
    }

    private Task<CommandResult> RsyncAsync(string source, string inPod) =>
        Command.RunAsync(
            "rsync",
            ["-a", "--delete", "--itemize-changes", "-e", shared.Client.CommandLine(SharedGateway.Gamma), source + "/", $"{SshClient.Host}:{inPod}"],
            deadline: TimeSpan.FromSeconds(60));

    private static async Task<string> RandomFileAsync(string directory, string name)
    {
        byte[] content = new byte[Size];
        new Random(Size).NextBytes(content);
        string file = Path.Combine(directory, name);
        await File.WriteAllBytesAsync(file, content);
        return file;
    }

    private static async Task<string> ChecksumAsync(string file)
    {
        await using FileStream content = File.OpenRead(file);
        return Convert.ToHexString(await SHA256.HashDataAsync(content));
    }
}
