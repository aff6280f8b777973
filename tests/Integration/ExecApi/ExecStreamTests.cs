using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using SshGateway.Exec.ApiServer;
using SshGateway.Tests.Support;
using SshGateway.Tests.Support.ExecApi;
using SshGateway.Tests.Support.Ssh;
using Xunit;

namespace SshGateway.Tests.Integration.ExecApi;

/// <summary>Commands with real processes, over a real WebSocket with TLS.</summary>
public sealed class ExecStreamTests : IAsyncLifetime, IDisposable
{
    private const int Size = 20 * 1024 * 1024;

    private static readonly PodTarget Pod = new("agents", "abc12-0", "uid-1");

    private readonly TemporaryDirectory _directory = new();
    private StandInApiServer _server = null!;
    private PodClient _client = null!;

    public async Task InitializeAsync()
    {
        _server = await StandInApiServer.StartAsync();
        _server.AddPod(Pod.Namespace, Pod.Name, Pod.Uid, "main", "other");
        _client = new PodClient(_server.Access, TimeProvider.System);
    }

    public async Task DisposeAsync() => await _server.DisposeAsync();

    public void Dispose()
    {
        _client.Dispose();
        _directory.Dispose();
    }

    [Theory]
    [InlineData(false, false)]
    [InlineData(false, true)]
    [InlineData(true, false)]
    [InlineData(true, true)]
    public async Task A_command_has_two_outputs_and_an_exit_status(bool onlyV4, bool fragments)
    {
        _server.OnlyV4 = onlyV4;
        _server.Fragments = fragments;
        await using ExecStream stream = await RunAsync("sh", "-c", "echo out; echo err >&2; echo more; exit 7");
        (byte[] output, byte[] errorOutput, ExecRead end) = await stream.ReadToEndAsync();
        Assert.Equal("out\nmore\n", Encoding.UTF8.GetString(output));
        Assert.Equal("err\n", Encoding.UTF8.GetString(errorOutput));
        Assert.Equal((ExecReadKind.Exited, 7), (end.Kind, end.ExitStatus));
        Assert.Equal(end, await stream.ReadAsync(new byte[1], CancellationToken.None));
        Assert.Equal(onlyV4 ? ExecStream.ProtocolV4 : ExecStream.ProtocolV5, Assert.Single(_server.Requests).Protocol);
    }

    [Theory]
    [InlineData("exit 0", 0)]
    [InlineData("exit 255", 255)]
    [InlineData("kill -TERM $$", 143)]
    public async Task The_exit_status_is_the_commands(string script, int status)
    {
        await using ExecStream stream = await RunAsync("sh", "-c", script);
        (_, _, ExecRead end) = await stream.ReadToEndAsync();
        Assert.Equal(new ExecRead(ExecReadKind.Exited, ExitStatus: status), end);
    }

    [Fact]
    public async Task Arguments_arrive_as_they_are()
    {
        const string Odd = "a b&c=d%20+é\n\"'$(x)#?/";
        string big = new('x', 100_000);
        await using ExecStream stream = await RunAsync("sh", "-c", "printf %s \"$1\"; printf %s \"$2\" | wc -c", "sh", Odd, big);
        (byte[] output, _, ExecRead end) = await stream.ReadToEndAsync();
        Assert.Equal($"{Odd}{big.Length}\n", Encoding.UTF8.GetString(output));
        Assert.Equal(0, end.ExitStatus);
    }

    [Fact]
    public async Task Twenty_megabytes_cross_in_each_direction_and_the_input_ends()
    {
        await using ExecStream stream = await RunAsync("sh", "-c", "tee /dev/stderr | sha256sum | cut -c -64");
        Assert.True(stream.CanEndInput);
        byte[] sent = new byte[Size];
        new Random(Size).NextBytes(sent);
        Task writing = WriteAsync();
        (byte[] output, byte[] errorOutput, ExecRead end) = await stream.ReadToEndAsync();
        await writing;
        Assert.Equal(Convert.ToHexStringLower(SHA256.HashData(sent)), Encoding.ASCII.GetString(output).Trim());
        Assert.True(sent.AsSpan().SequenceEqual(errorOutput), $"{errorOutput.Length} bytes came back");
        Assert.Equal(new ExecRead(ExecReadKind.Exited), end);

        async Task WriteAsync()
        {
            // Not in pieces that fit a message.
            for (int at = 0; at < sent.Length; at += 100_000)
            {
                await stream.WriteInputAsync(new(sent.AsMemory(at, Math.Min(100_000, sent.Length - at))), CancellationToken.None).Limited();
            }
            await stream.EndInputAsync(CancellationToken.None).Limited();
        }
    }

    [Fact]
    public async Task V4_cannot_end_the_input()
    {
        _server.OnlyV4 = true;
        await using ExecStream stream = await RunAsync("sh", "-c", "head -n 1; cat");
        Assert.False(stream.CanEndInput);
        await stream.WriteInputAsync(new("line\n"u8.ToArray()), CancellationToken.None).Limited();
        await stream.EndInputAsync(CancellationToken.None).Limited();
        await stream.ReadUntilAsync("line\n");
        await stream.WriteInputAsync(new("still open\n"u8.ToArray()), CancellationToken.None).Limited();
        await stream.ReadUntilAsync("still open\n");
    }

    [Fact]
    public async Task Without_input_a_command_reads_the_end_at_once()
    {
        await using ExecStream stream = await _client.ExecAsync(Pod, new ExecRequest("main", ["wc", "-c"], Stdin: false), CancellationToken.None).Limited();
        (byte[] output, _, _) = await stream.ReadToEndAsync();
        Assert.Equal("0", Encoding.ASCII.GetString(output).Trim());
    }

    // The command says how far it came. Without a bound it would come ever farther.
    [Fact]
    public async Task A_reader_that_does_not_read_stops_the_command()
    {
        const long Bound = 32 * 1024 * 1024;
        string progress = _directory.File("progress");
        await using ExecStream stream = await RunAsync(
            "sh", "-c", $"i=0; while [ $i -lt 1024 ]; do head -c 65536 /dev/zero; i=$((i+1)); echo $i >{progress}.new; mv {progress}.new {progress}; done");
        byte[] buffer = new byte[16 * 1024];
        Assert.Equal(ExecReadKind.Output, (await stream.ReadAsync(buffer, CancellationToken.None).Limited()).Kind);
        long at = -1;
        int unchanged = 0;
        await Eventually.TrueAsync(
            () =>
            {
                long now = File.Exists(progress) ? long.Parse(File.ReadAllText(progress), CultureInfo.InvariantCulture) * 65536 : 0;
                unchanged = now == at && now > 0 ? unchanged + 1 : 0;
                at = now;
                return unchanged == 50;
            },
            "the command waits");
        Assert.InRange(at, 1, Bound);
        (byte[] rest, _, ExecRead end) = await stream.ReadToEndAsync();
        Assert.True(rest.Length > Bound, $"{rest.Length} bytes");
        Assert.Equal(new ExecRead(ExecReadKind.Exited), end);
    }

    [Fact]
    public async Task A_command_that_does_not_read_stops_the_writer()
    {
        ExecStream stream = await RunAsync("sh", "-c", "echo begun; sleep 1000");
        await stream.ReadUntilAsync("begun\n");
        // More than all buffers in between hold.
        Task write = stream.WriteInputAsync(new(new byte[4 * Size]), CancellationToken.None).AsTask();
        // Disposing does not wait for it.
        await stream.DisposeAsync().Limited();
        Assert.Equal(ApiServerFailure.Lost, (await Assert.ThrowsAsync<ApiServerException>(() => write.Limited())).Kind);
    }

    [Fact]
    public async Task A_terminal_has_the_size_that_it_is_given()
    {
        await using ExecStream stream = await _client.ExecAsync(
            Pod, new ExecRequest("main", ["sh", "-c", "read a; stty size; read b; stty size; tty; exit 3"], Tty: true), CancellationToken.None).Limited();
        await stream.ResizeAsync(100, 40, CancellationToken.None).Limited();
        await stream.WriteInputAsync(new("\n"u8.ToArray()), CancellationToken.None).Limited();
        await stream.ReadUntilAsync("40 100\r\n");
        await stream.ResizeAsync(132, 50, CancellationToken.None).Limited();
        await stream.WriteInputAsync(new("\n"u8.ToArray()), CancellationToken.None).Limited();
        (byte[] output, byte[] errorOutput, ExecRead end) = await stream.ReadToEndAsync();
        Assert.Contains("50 132\r\n/dev/pts/", Encoding.ASCII.GetString(output), StringComparison.Ordinal);
        Assert.Empty(errorOutput);
        Assert.Equal(3, end.ExitStatus);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_lost_stream_is_an_error_and_has_no_exit_status(bool isWaiting)
    {
        await using ExecStream stream = await RunAsync("sh", "-c", "echo begun; cat");
        await stream.ReadUntilAsync("begun\n");
        Task wait = isWaiting ? stream.WaitAsync(CancellationToken.None).AsTask() : Task.CompletedTask;
        _server.DropStreams();
        await wait.Limited();
        ExecRead read = await stream.ReadAsync(new byte[100], CancellationToken.None).Limited();
        Assert.Equal((ExecReadKind.Failed, ApiServerFailure.Lost), (read.Kind, read.Failure!.Kind));
        Assert.Equal(read, await stream.ReadAsync(new byte[100], CancellationToken.None).Limited());
        await Assert.ThrowsAsync<ApiServerException>(() => stream.WriteInputAsync(new(new byte[1]), CancellationToken.None).Limited());
    }

    [Fact]
    public async Task Waiting_takes_nothing_of_the_output()
    {
        await using ExecStream stream = await RunAsync("echo", "whole");
        await stream.WaitAsync(CancellationToken.None).Limited();
        await stream.WaitAsync(CancellationToken.None).Limited();
        (byte[] output, _, _) = await stream.ReadToEndAsync();
        Assert.Equal("whole\n", Encoding.ASCII.GetString(output));
    }

    [Fact]
    public async Task Disposing_ends_the_command()
    {
        ExecStream stream = await RunAsync("sleep", "1000");
        await Eventually.TrueAsync(() => _server.Streams == 1, "the server has a stream");
        ValueTask<ExecRead> reading = stream.ReadAsync(new byte[1], CancellationToken.None);
        await stream.DisposeAsync().Limited();
        Assert.Equal(ExecReadKind.Failed, (await reading.Limited()).Kind);
        await Eventually.TrueAsync(() => _server.Streams == 0, "the server's stream ends");
    }

    [Fact]
    public async Task A_program_that_is_not_there_is_a_failure_with_the_runtimes_words()
    {
        await using ExecStream stream = await RunAsync("/bin/no-such-shell");
        (_, _, ExecRead end) = await stream.ReadToEndAsync();
        Assert.Equal((ExecReadKind.Failed, ApiServerFailure.Failed), (end.Kind, end.Failure!.Kind));
        Assert.Contains("/bin/no-such-shell", end.Failure.Message, StringComparison.Ordinal);
    }

    private Task<ExecStream> RunAsync(params string[] command) =>
        _client.ExecAsync(Pod, new ExecRequest("main", command), CancellationToken.None).Limited();
}
