using System.Text;
using CsCheck;
using SshGateway.Feed;
using SshGateway.Proxy.Outcomes;
using SshGateway.Proxy.Recording;
using SshGateway.Tests.Support;
using SshGateway.Tests.Support.Recording;
using Xunit;
using static SshGateway.Tests.Support.Recording.ChannelMessages;

namespace SshGateway.Tests.Unit.Recording;

/// <summary>What becomes of the messages of a connection.</summary>
public sealed class ConnectionRecordingTests : IAsyncLifetime
{
    private RecordingRig _rig = null!;

    public async Task InitializeAsync() => _rig = await RecordingRig.StartAsync();

    public Task DisposeAsync() => _rig.DisposeAsync().AsTask();

    [Fact]
    public async Task A_shell_in_a_terminal_is_recorded_with_its_sizes()
    {
        Cast cast = Assert.Single(await RecordAsync(RecordingMode.Terminal, connection =>
        {
            Start(connection, 0, 7, Terminal(7), Shell(7));
            connection.FromPod(Data(0, "hello \u001b[1m€"u8[..^1].ToArray()));
            connection.FromPod(Data(0, [0xac, (byte)'\r', (byte)'\n']));
            connection.FromClient(Data(7, "secret"));
            connection.FromClient(Resize(7, 132, 50));
            connection.FromPod(Error(0, "err"));
            connection.FromPod(Status(0, 3));
            connection.FromPod(Close(0));
            connection.FromClient(Close(7));
        }));

        Assert.Equal((100, 30), (cast.Header.GetProperty("width").GetInt32(), cast.Header.GetProperty("height").GetInt32()));
        Assert.Equal("xterm", cast.Header.GetProperty("env").GetProperty("TERM").GetString());
        Assert.Equal("session abc12, connection 7f3a9c12-5, channel 1", cast.Header.GetProperty("title").GetString());
        Assert.Equal("hello \u001b[1m€\r\nerr", cast.Output);
        Assert.Equal(["132x50"], cast.Resizes);
        Assert.Equal(["channel closed, exit status 3, 6 bytes of input"], cast.Markers);
        Assert.Empty(cast.Text("i"));
    }

    [Fact]
    public async Task What_is_typed_is_recorded_only_where_the_configuration_says_so()
    {
        await using RecordingRig rig = await RecordingRig.StartAsync(options => options with { RecordInput = true });
        ConnectionRecording connection = await rig.BeginAsync(RecordingMode.Terminal);
        Start(connection, 0, 0, Terminal(0), Shell(0));
        connection.FromClient(Data(0, "ls\r"));
        await connection.EndAsync();
        await rig.StopAsync();

        Assert.Equal("ls\r", Cast.Read(Assert.Single(rig.Complete)).Text("i"));
    }

    [Fact]
    public async Task Without_a_terminal_bytes_are_counted_unless_all_is_recorded()
    {
        void Run(ConnectionRecording connection)
        {
            Start(connection, 0, 0, Execute(0, "ls"));
            connection.FromPod(Data(0, "a\nb\n"));
            connection.FromPod(Close(0));
            connection.FromClient(Close(0));
            Start(connection, 0, 0, Execute(0, "sftp", "subsystem"));
            connection.FromClient(Data(0, "12345"));
        }

        Assert.Empty(await RecordAsync(RecordingMode.Terminal, Run, unrecorded: 9));
        IReadOnlyList<Cast> casts = await RecordAsync(RecordingMode.All, Run);
        Assert.Equal(["ls", "subsystem sftp"], casts.Select(cast => cast.Header.GetProperty("command").GetString()));
        // A player would not go back to the first column.
        Assert.Equal("a\r\nb\r\n", casts[0].Output);
        Assert.Equal(["connection ended, 5 bytes of input"], casts[1].Markers);
    }

    [Fact]
    public async Task Several_channels_are_several_files()
    {
        IReadOnlyList<Cast> casts = await RecordAsync(RecordingMode.All, connection =>
        {
            Start(connection, 0, 10, Terminal(10), Shell(10));
            Start(connection, 1, 11, Execute(11, "second"));
            connection.FromClient(Open(2, "direct-tcpip"));
            connection.FromPod(Confirm(2, 12));
            connection.FromPod(Data(2, "forwarded"));
            connection.FromPod(Data(1, "of 1"));
            connection.FromPod(Data(0, "of 0"));
            connection.FromClient(Open(3));
            connection.FromPod(Fail(3));
        });

        Assert.Equal(["of 0", "of 1"], casts.Select(cast => cast.Output));
    }

    [Theory]
    [InlineData("two sessions")]
    [InlineData("a forwarding first")]
    [InlineData("a forwarding second")]
    [InlineData("a channel of the pod")]
    public async Task A_client_that_gives_a_number_twice_does_not_get_out_of_the_recording(string what)
    {
        IReadOnlyList<Cast> casts = await RecordAsync(RecordingMode.Terminal, connection =>
        {
            if (what == "a forwarding first")
            {
                connection.FromClient(Open(5, "direct-tcpip"));
                connection.FromPod(Confirm(5, 1));
            }
            Start(connection, 5, 2, Terminal(2), Shell(2));
            if (what == "a channel of the pod")
            {
                connection.FromClient(Confirm(1, 5));
            }
            else if (what != "a forwarding first")
            {
                connection.FromClient(Open(5, what == "two sessions" ? "session" : "direct-tcpip"));
                connection.FromPod(Confirm(5, 1));
            }
            connection.FromClient(Close(1));
            connection.FromPod(Close(5));
            connection.FromPod(Data(5, "still here"));
        });

        Assert.Equal("still here", Assert.Single(casts).Output);
    }

    [Fact]
    public async Task A_request_that_crosses_the_close_begins_no_recording() => Assert.Empty(await RecordAsync(RecordingMode.All, connection =>
    {
        connection.FromClient(Open(0));
        connection.FromPod(Confirm(0, 7));
        connection.FromPod(Close(0));
        connection.FromClient(Terminal(7));
        connection.FromClient(Shell(7));
        connection.FromClient(Close(7));
    }));

    [Theory]
    [InlineData("sessions", "it has more than 128 session channels")]
    [InlineData("forwardings", "it has more than 16384 channels that are no sessions")]
    [InlineData("confirmations", "its pod confirmed more than 128 session channels")]
    public async Task Peers_cannot_fill_the_memory_with_channels(string what, string problem)
    {
        ConnectionRecording connection = await _rig.BeginAsync(RecordingMode.All);
        connection.FromClient(Open(0));
        for (uint number = 1; number <= 20_000 && connection.Summary.Problem is null; number++)
        {
            if (what == "confirmations")
            {
                connection.FromPod(Confirm(0, number));
            }
            else
            {
                connection.FromClient(Open(number, what == "sessions" ? "session" : "direct-tcpip"));
            }
        }

        Assert.Equal(problem, connection.Summary.Problem);
        await connection.EndAsync();
    }

    // sshd takes requests in a channel that it has just opened, and its numbers can be guessed.
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_client_that_uses_a_session_before_it_is_open_loses_its_connection(bool canContinue)
    {
        await using RecordingRig rig = await RecordingRig.StartAsync(options => options with { ContinueOnFailure = canContinue });
        ConnectionRecording connection = await rig.BeginAsync(RecordingMode.Terminal);
        Refusal? closed = null;
        connection.CloseOnFailure(refusal => closed = refusal);

        connection.FromClient(Open(5));
        connection.FromClient(Terminal(0));
        connection.FromClient(Shell(0));
        connection.FromPod(Confirm(5, 0));

        Assert.Equal(ConnectionEnd.RecordingFailed, closed?.End);
        Assert.Equal("its client used a session channel before it was open", connection.Summary.Problem);
        await connection.EndAsync();
    }

    [Theory]
    [InlineData("session\0", "pty-req\0")]
    [InlineData("session", "pty-req")]
    public async Task Names_are_read_as_OpenSSH_reads_them(string type, string request)
    {
        IReadOnlyList<Cast> casts = await RecordAsync(RecordingMode.Terminal, connection =>
        {
            connection.FromClient(Open(0, type));
            connection.FromPod(Confirm(0, 0));
            connection.FromClient(Terminal(0, type: request));
            connection.FromClient(Shell(0));
        });

        Assert.Single(casts);
    }

    [Fact]
    public async Task A_message_that_cannot_be_read_is_noted_and_the_recording_goes_on()
    {
        Cast cast = Assert.Single(await RecordAsync(RecordingMode.Terminal, connection =>
        {
            Start(connection, 0, 0, Terminal(0), Shell(0));
            connection.FromClient(Resize(0, 1, 1).AsSpan(..^12));
            connection.FromPod(Data(0, "lost").AsSpan(..^1));
            connection.FromPod([94]);
            connection.FromPod([94, 0, 0, 0, 0]);
            connection.FromPod([95, 0, 0, 0, 0, 0, 0]);
            connection.FromPod(Data(0, "next"));
        }));

        Assert.Equal("next", cast.Output);
        Assert.Equal(
            [
                "the client sent a message 98 that cannot be read", "the pod sent a message 94 that cannot be read", "the pod sent a message 94 that cannot be read",
                "the pod sent a message 95 that cannot be read",
            ],
            cast.Markers.Take(4));
    }

    [Fact]
    public async Task A_long_recording_continues_in_further_files()
    {
        await using RecordingRig rig = await RecordingRig.StartAsync(options => options with { MaxFileSize = 64 * 1024 });
        ConnectionRecording connection = await rig.BeginAsync(RecordingMode.Terminal);
        Start(connection, 0, 0, Terminal(0), Shell(0));
        var said = new StringBuilder();
        for (int i = 0; i < 200; i++)
        {
            string text = $"{i}:{new string((char)('a' + (i % 26)), 1000)}\r\n";
            said.Append(text);
            connection.FromPod(Data(0, text));
            await connection.FlushAsync();
        }
        await connection.EndAsync();
        await rig.StopAsync();

        Cast[] casts = [.. rig.Complete.Select(Cast.Read)];
        Assert.InRange(casts.Length, 3, 5);
        Assert.Equal(said.ToString(), string.Concat(casts.Select(cast => cast.Output)));
        Assert.All(rig.Complete, file => Assert.InRange(new FileInfo(file).Length, 1, 70 * 1024));
        Assert.EndsWith("_1.cast", rig.Complete.First(file => !file.Contains("_1.2", StringComparison.Ordinal)), StringComparison.Ordinal);
        Assert.Equal("continued in part 2", casts[0].Markers.Last());
        Assert.EndsWith(", part 2", casts[1].Header.GetProperty("title").GetString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Bulk_data_of_any_kind_comes_out_whole()
    {
        byte[] noise = new byte[300_000];
        new Random(1).NextBytes(noise);
        Cast cast = Assert.Single(await RecordAsync(RecordingMode.All, connection =>
        {
            Start(connection, 0, 0, Terminal(0), Execute(0, "cat"));
            foreach (byte[] part in noise.Chunk(32 * 1024))
            {
                connection.FromPod(Data(0, part));
            }
        }));

        Assert.Equal(Encoding.UTF8.GetString(noise), cast.Output);
    }

    // Every number, in any order, from both sides, cut anywhere.
    [Fact]
    public void Whatever_peers_send_is_followed_and_what_is_written_can_be_read() => Gen.Int[0, int.MaxValue].Sample(seed =>
    {
        var random = new Random(seed);
        return RecordAsync(RecordingMode.All, connection =>
        {
            for (uint number = 0; number < 3; number++)
            {
                Start(connection, number, number);
            }
            // Until one asks for something in a session that is not open.
            for (int i = 0; i < 60 && connection.Summary.Problem is null; i++)
            {
                uint number = (uint)random.Next(3);
                byte[] message = random.Next(12) switch
                {
                    0 => Open(number, random.Next(3) == 0 ? "direct-tcpip" : "session"),
                    1 => Confirm(number, (uint)random.Next(3)),
                    2 => Fail(number),
                    3 => Terminal(number, (uint)random.Next(200), (uint)random.Next(200)),
                    4 => Shell(number),
                    5 => Execute(number, "x\"\n"),
                    6 => Resize(number, (uint)random.Next(200), 9),
                    7 => Status(number, 1),
                    8 => Close(number),
                    9 => Error(number, "é"),
                    _ => Data(number, [0xc3, 0xa9, 0x1b, (byte)'"']),
                };
                message = random.Next(5) == 0 ? message[..random.Next(1, message.Length)] : message;
                if (random.Next(2) == 0)
                {
                    connection.FromClient(message);
                }
                else
                {
                    connection.FromPod(message);
                }
            }
        }, unrecorded: null).GetAwaiter().GetResult().Count >= 0;
    }, iter: 200, threads: 1);

    [Fact]
    public async Task Following_a_bulk_transfer_that_is_not_recorded_allocates_nothing()
    {
        ConnectionRecording connection = await _rig.BeginAsync(RecordingMode.Terminal);
        Start(connection, 0, 0, Execute(0, "cat"));
        byte[] data = Data(0, new byte[32 * 1024]);

        Assert.Equal(0, Allocations.Of(() =>
        {
            connection.FromPod(data);
            connection.FromClient(data);
            Assert.True(connection.FlushAsync().AsTask().IsCompletedSuccessfully);
        }));
        await connection.EndAsync();
    }

    private static void Start(ConnectionRecording connection, uint client, uint pod, params byte[][] requests)
    {
        connection.FromClient(Open(client));
        connection.FromPod(Confirm(client, pod));
        foreach (byte[] request in requests)
        {
            connection.FromClient(request);
        }
    }

    private async Task<IReadOnlyList<Cast>> RecordAsync(RecordingMode mode, Action<ConnectionRecording> run, long? unrecorded = 0)
    {
        HashSet<string> before = [.. _rig.Complete];
        ConnectionRecording connection = await _rig.BeginAsync(mode);
        run(connection);
        await connection.EndAsync();
        string[] names = [.. connection.Summary.Problem is null ? connection.Summary.Files : []];
        await Eventually.TrueAsync(
            () => Task.FromResult(names.All(name => File.Exists(Path.Combine(_rig.Directory, name)))),
            () => $"{string.Join('\n', names)}\n{connection.Summary.Problem}");
        if (unrecorded is not null)
        {
            Assert.Null(connection.Summary.Problem);
            Assert.Equal(unrecorded, connection.Summary.UnrecordedBytes);
        }
        Assert.Equal(names.Order(StringComparer.Ordinal), _rig.Complete.Except(before).Select(file => Path.GetFileName(file)!));
        return [.. names.Select(name => Cast.Read(Path.Combine(_rig.Directory, name)))];
    }
}
