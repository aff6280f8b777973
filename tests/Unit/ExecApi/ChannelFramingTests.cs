using System.Buffers.Binary;
using System.Text;
using SshGateway.Exec.ApiServer;
using SshGateway.Tests.Support;
using SshGateway.Tests.Support.ExecApi;
using SshGateway.Tests.Support.Ssh;
using Xunit;
using static SshGateway.Tests.Support.ExecApi.ServerBytes;

namespace SshGateway.Tests.Unit.ExecApi;

/// <summary>The bytes of channel.k8s.io, in both directions.</summary>
public sealed class ChannelFramingTests
{
    private static readonly byte[] Success = Encoding.UTF8.GetBytes("""{"metadata":{},"status":"Success"}""");

    // Go's library gives kubelet each frame as a message: a message in two frames would lose its channel.
    [Fact]
    public async Task Each_message_is_sent_in_one_frame()
    {
        var server = new ServerBytes([], staysOpen: true);
        await using var stream = new ExecStream(server.Connect(ExecStream.ProtocolV5), TimeProvider.System);
        byte[] input = new byte[3 * ChannelSocket.MaxData];
        new Random(1).NextBytes(input);
        await stream.WriteInputAsync(new(input), CancellationToken.None);
        await stream.ResizeAsync(80, 24, CancellationToken.None);
        await stream.ResizeAsync(-1, 1_000_000, CancellationToken.None);
        await stream.EndInputAsync(CancellationToken.None);

        byte[][] sent = [.. Unmask(server.Sent.ToArray())];
        byte[][] data = [.. sent.Where(m => m[0] == 0)];
        Assert.All(data, message => Assert.Equal(1 + ChannelSocket.MaxData, message.Length));
        Assert.Equal(input, data.SelectMany(message => message[1..]));
        Assert.Equal(
            ["\u0004{\"Width\":80,\"Height\":24}", "\u0004{\"Width\":0,\"Height\":65535}"], sent.Where(m => m[0] == 4).Select(Encoding.ASCII.GetString));
        Assert.Equal([255, 0], sent[^1]);
    }

    [Fact]
    public async Task V4_sends_no_end_of_input()
    {
        var server = new ServerBytes([], staysOpen: true);
        await using var stream = new ExecStream(server.Connect(ExecStream.ProtocolV4), TimeProvider.System);
        await stream.EndInputAsync(CancellationToken.None);
        Assert.Equal(0, server.Sent.Length);
    }

    [Theory]
    [InlineData("""{"status":"Success"}""", 0)]
    [InlineData("""{"status":"Failure","reason":"NonZeroExitCode","details":{"causes":[{"reason":"X"},{"reason":"ExitCode","message":"137"}]}}""", 137)]
    [InlineData("""{"status":"Failure","reason":"NonZeroExitCode","details":{"causes":[{"reason":"ExitCode","message":"0"}]}}""", null)]
    [InlineData("""{"status":"Failure","reason":"NonZeroExitCode","details":{"causes":[{"reason":"ExitCode","message":"-1"}]}}""", null)]
    [InlineData("""{"status":"Failure","reason":"NonZeroExitCode","details":{"causes":[null,{"reason":"ExitCode"}]}}""", null)]
    [InlineData("""{"status":"Failure","reason":"NonZeroExitCode"}""", null)]
    [InlineData("""{"status":"Failure","reason":"InternalError","message":"container not found"}""", null)]
    [InlineData("{}", null)]
    [InlineData("null", null)]
    [InlineData("""{"status":"Succ""", null)]
    [InlineData("", null)]
    public async Task Only_Success_is_exit_status_0(string status, int? exitStatus)
    {
        ExecRead end = await ReadEndAsync([.. Message(3, Encoding.UTF8.GetBytes(status)), .. CloseFrame]);
        Assert.Equal(exitStatus is null ? ExecReadKind.Failed : ExecReadKind.Exited, end.Kind);
        Assert.Equal(exitStatus ?? 0, end.ExitStatus);
        Assert.Equal(exitStatus is null, end.Failure is not null);
    }

    // As a stream translator of k8s.io/apiserver 0.36 and a kubelet of 1.20 put it.
    [Theory]
    [InlineData(
        """Internal error occurred: Internal error occurred: error executing command in container: failed to exec in container: exec: \"/nope\": no such file""",
        "Failed",
        """The command could not be run in the container: failed to exec in container: exec: "/nope": no such file""")]
    [InlineData(
        """Internal error occurred: error sending request: Post \"https://198.51.100.11:10250/exec/claude-sessions/pod/agent?command=my%20secret&error=1\": dial tcp 198.51.100.11:10250: connect: connection refused""",
        "Unavailable",
        "The cluster cannot reach the pod at the moment: Internal error occurred: error sending request: dial tcp 198.51.100.11:10250: connect: connection refused")]
    [InlineData(
        """Internal error occurred: unable to upgrade connection: container not found (\"agent\")""",
        "NoContainer",
        """The container does not run: Internal error occurred: unable to upgrade connection: container not found ("agent")""")]
    [InlineData(
        "Internal error occurred: unable to upgrade connection: Forbidden (user=kube-apiserver, verb=create, resource=nodes, subresource=proxy)",
        "Unavailable",
        "The cluster cannot reach the pod at the moment: Internal error occurred: unable to upgrade connection: Forbidden (user=kube-apiserver, verb=create, resource=nodes, subresource=proxy)")]
    public async Task A_status_says_what_failed_without_the_command(string message, string failure, string sentence)
    {
        string status = $$"""{"status":"Failure","reason":"InternalError","message":"{{message}}"}""";
        ExecRead end = await ReadEndAsync([.. Message(3, Encoding.UTF8.GetBytes(status)), .. CloseFrame]);
        Assert.Equal((failure, sentence), (end.Failure!.Kind.ToString(), end.Failure.Message));
    }

    [Fact]
    public async Task A_status_may_come_in_pieces_and_output_may_follow_it()
    {
        byte[] bytes =
        [
            .. Message(1, []), .. Frame(Binary, false, [3]), .. Frame(Continuation, false, Success.AsSpan(0, 5)), .. Frame(Continuation, true, []),
            .. Message(3, Success.AsSpan(5)), .. Message(2, "late"u8),
        ];
        await using var stream = new ExecStream(new ServerBytes(bytes).Connect(ExecStream.ProtocolV4), TimeProvider.System);
        (byte[] output, byte[] errorOutput, ExecRead end) = await stream.ReadToEndAsync();
        Assert.Empty(output);
        Assert.Equal("late"u8, errorOutput);
        Assert.Equal(new ExecRead(ExecReadKind.Exited), end);
    }

    [Fact]
    public async Task A_message_is_read_at_once_as_far_as_it_fits()
    {
        byte[] bytes =
        [
            .. Frame(Binary, false, [1, (byte)'a']), .. Frame(Continuation, false, "bc"u8), .. Frame(Continuation, true, "def"u8),
            // The stream is lost in the middle of this one.
            .. Frame(Binary, false, [2, (byte)'g']), .. Frame(Continuation, true, "hi"u8)[..^1],
        ];
        await using var stream = new ExecStream(new ServerBytes(bytes).Connect(ExecStream.ProtocolV4), TimeProvider.System);
        byte[] buffer = new byte[4];
        Assert.Equal(new ExecRead(ExecReadKind.Output, 4), await stream.ReadAsync(buffer, CancellationToken.None));
        Assert.Equal("abcd"u8, buffer);
        Assert.Equal(new ExecRead(ExecReadKind.Output, 2), await stream.ReadAsync(buffer, CancellationToken.None));
        Assert.Equal(new ExecRead(ExecReadKind.ErrorOutput, 1), await stream.ReadAsync(buffer, CancellationToken.None));
        Assert.Equal((byte)'g', buffer[0]);
        Assert.Equal(ApiServerFailure.Lost, (await stream.ReadAsync(buffer, CancellationToken.None)).Failure?.Kind);
    }

    [Fact]
    public async Task A_server_that_does_not_close_after_the_status_is_not_waited_for()
    {
        var time = new ManualTimeProvider();
        await using var stream = new ExecStream(new ServerBytes(Message(3, Success), staysOpen: true).Connect(ExecStream.ProtocolV5, time), time);
        Task<ExecRead> reading = stream.ReadAsync(new byte[10], CancellationToken.None).AsTask();
        Assert.False(reading.IsCompleted);
        time.Advance(TimeSpan.FromSeconds(2));
        Assert.Equal(new ExecRead(ExecReadKind.Exited), await reading.Limited());
    }

    public static TheoryData<string, byte[]> Malformed => new()
    {
        { "channel 0", Message(0, "x"u8) },
        { "channel 9", Message(9, "x"u8) },
        { "text", Frame(Text, true, [1, (byte)'x']) },
        { "no channel", Frame(Binary, true, []) },
        { "status too long", [.. Enumerable.Range(0, 3).SelectMany(_ => Message(3, new byte[30_000])), .. CloseFrame] },
        { "reserved bits", [0xf2, 1, 1] },
        { "length of 2^63", [0x82, 127, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 1] },
        { "close in a message", [.. Frame(Binary, false, [1]), .. CloseFrame] },
        { "end in a message", Frame(Binary, true, [1, 2, 3])[..^1] },
        { "nothing", [] },
        { "close", CloseFrame },
    };

    [Theory]
    [MemberData(nameof(Malformed))]
    public async Task What_is_not_the_protocol_is_a_lost_stream(string name, byte[] bytes)
    {
        ExecRead end = await ReadEndAsync(bytes);
        Assert.True(end is { Kind: ExecReadKind.Failed, ExitStatus: 0, Failure.Kind: ApiServerFailure.Lost }, $"{name}: {end}");
    }

    [Theory]
    [InlineData(1234)]
    [InlineData(80)]
    public async Task Forwarded_data_begins_after_the_port(int answered)
    {
        byte[] port = new byte[2];
        BinaryPrimitives.WriteUInt16LittleEndian(port, (ushort)answered);
        // The port in two messages, and data in the message of its second half.
        byte[] bytes = [.. Message(1, port), .. Message(0, port.AsSpan(0, 1)), .. Message(0, [port[1], 7]), .. Message(1, []), .. CloseFrame];
        await using var stream = new PortForwardStream(new ServerBytes(bytes).Connect(ExecStream.ProtocolV4), 1234);
        byte[] buffer = new byte[10];
        if (answered == 1234)
        {
            Assert.Equal((1, 7), (await stream.ReadAsync(buffer, CancellationToken.None), buffer[0]));
            Assert.Equal(0, await stream.ReadAsync(buffer, CancellationToken.None));
        }
        else
        {
            Assert.Equal(ApiServerFailure.Lost, (await Assert.ThrowsAsync<ApiServerException>(() => stream.ReadAsync(buffer, CancellationToken.None).AsTask())).Kind);
        }
    }

    private static async Task<ExecRead> ReadEndAsync(byte[] bytes)
    {
        await using var stream = new ExecStream(new ServerBytes(bytes).Connect(ExecStream.ProtocolV5), TimeProvider.System);
        return (await stream.ReadToEndAsync()).End;
    }

    // RFC 6455 section 5.2. A frame that is not the whole of a binary message fails the test.
    private static IEnumerable<byte[]> Unmask(byte[] bytes)
    {
        for (int at = 0; at < bytes.Length;)
        {
            Assert.Equal(0x82, bytes[at]);
            int length = bytes[at + 1] & 0x7f;
            at += 2;
            if (length == 126)
            {
                length = BinaryPrimitives.ReadUInt16BigEndian(bytes.AsSpan(at));
                at += sizeof(ushort);
            }
            else if (length == 127)
            {
                length = checked((int)BinaryPrimitives.ReadUInt64BigEndian(bytes.AsSpan(at)));
                at += sizeof(ulong);
            }
            byte[] mask = bytes[at..(at + 4)];
            at += 4;
            yield return [.. Enumerable.Range(0, length).Select(i => (byte)(bytes[at + i] ^ mask[i % 4]))];
            at += length;
        }
    }
}
