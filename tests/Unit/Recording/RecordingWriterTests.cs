using SshGateway.Feed;
using SshGateway.Proxy.Outcomes;
using SshGateway.Proxy.Recording;
using SshGateway.Tests.Support;
using SshGateway.Tests.Support.Recording;
using Xunit;
using static SshGateway.Tests.Support.Recording.ChannelMessages;

namespace SshGateway.Tests.Unit.Recording;

/// <summary>The files, and what happens where they cannot be written.</summary>
public sealed class RecordingWriterTests
{
    [Fact]
    public async Task A_recording_is_partial_until_it_is_complete_and_only_the_proxys_user_may_read_it()
    {
        await using RecordingRig rig = await RecordingRig.StartAsync();
        ConnectionRecording connection = await rig.BeginAsync(RecordingMode.Terminal);
        StartShell(connection);
        await connection.FlushAsync();
        await Eventually.TrueAsync(() => rig.Partial.Count == 1, "the recording has begun");

        await connection.EndAsync();
        await Eventually.TrueAsync(() => rig.Complete.Count == 1, "the recording is complete");

        Assert.Empty(rig.Partial);
        if (!OperatingSystem.IsWindows())
        {
            Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(rig.Complete[0]));
        }
        Assert.Matches(@"/\d{8}T\d{6}\.\d{3}Z_abc12_7f3a9c12-5_1\.cast$", rig.Complete[0]);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Without_a_directory_the_policy_decides(bool canContinue)
    {
        await using RecordingRig rig = await RecordingRig.StartAsync(options => options with { Directory = "", ContinueOnFailure = canContinue });
        RecordingSummary? summary = null;

        Result<string> served = await rig.Recorder.RunAsync(
            RecordingRig.Entry(RecordingMode.All), "7f3a9c12-5", recording => Task.FromResult<Result<string>>(recording is null ? "served" : "recorded"), told => summary = told);

        Assert.Equal(canContinue ? "served" : null, served.Value);
        Assert.Equal(canContinue ? null : ConnectionEnd.RecordingFailed, served.Refusal?.End);
        Assert.Equal("Proxy:RecordingDirectory is not set", canContinue ? summary!.Problem : served.Refusal!.Detail);
    }

    [Fact]
    public async Task A_directory_that_is_not_there_ends_the_start()
    {
        IOException problem = await Assert.ThrowsAsync<IOException>(() => RecordingRig.StartAsync(options => options with { Directory = "/nowhere/recordings" }));

        Assert.StartsWith("Proxy:RecordingDirectory is \"/nowhere/recordings\", which cannot be written: ", problem.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Too_little_free_space_refuses_logins_and_not_the_start()
    {
        await using RecordingRig rig = await RecordingRig.StartAsync(options => options with { MinFreeSpace = long.MaxValue });

        Refusal? refusal = (await rig.Recorder.BeginAsync(RecordingRig.Entry(RecordingMode.Terminal), "7f3a9c12-5")).Refusal;

        Assert.Contains("bytes free, and Proxy:RecordingMinFreeSpace is 9223372036854775807", refusal!.Detail, StringComparison.Ordinal);
        Assert.Empty(Directory.GetFileSystemEntries(rig.Directory));
    }

    [Fact]
    public async Task A_directory_that_goes_away_fails_what_is_open_and_refuses_logins_until_it_is_back()
    {
        var time = new ManualTimeProvider();
        await using RecordingRig rig = await RecordingRig.StartAsync(time: time);
        ConnectionRecording connection = await rig.BeginAsync(RecordingMode.Terminal);
        var failed = new TaskCompletionSource<Refusal>(TaskCreationOptions.RunContinuationsAsynchronously);
        connection.CloseOnFailure(failed.SetResult);
        Directory.Delete(rig.Directory);
        StartShell(connection);

        await connection.FlushAsync();
        Refusal reason = await failed.Task.WaitAsync(TimeSpan.FromSeconds(60));

        Assert.Contains(rig.Directory, reason.Detail, StringComparison.Ordinal);
        Assert.Equal(ConnectionEnd.RecordingFailed, reason.End);
        Assert.NotNull((await rig.Recorder.BeginAsync(RecordingRig.Entry(RecordingMode.Terminal), "7f3a9c12-6")).Refusal);
        Directory.CreateDirectory(rig.Directory);
        using ConnectionRecording again = (await rig.Recorder.BeginAsync(RecordingRig.Entry(RecordingMode.Terminal), "7f3a9c12-7")).Value!;
        Assert.Equal([4, 5, 6], rig.Log.Lines.Select(line => line.Id.Id));
        // A failure that is told late is told all the same.
        Refusal? late = null;
        connection.CloseOnFailure(told => late = told);
        Assert.Equal(reason, late);
        Assert.Equal(reason.Detail, connection.Summary.Problem);
        await connection.EndAsync();
    }

    [Fact]
    public async Task A_connection_waits_for_the_writer_and_a_failure_lets_it_go()
    {
        await using RecordingRig rig = RecordingRig.CreateIdle();
        using ConnectionRecording connection = rig.BeginUnchecked(RecordingMode.All);
        StartShell(connection);
        Task waiting = Task.CompletedTask;
        for (int i = 0; i < 300 && waiting.IsCompletedSuccessfully; i++)
        {
            connection.FromPod(Data(0, "x"));
            waiting = connection.FlushAsync().AsTask();
        }
        Assert.False(waiting.IsCompleted);

        connection.Fail("the test wants it");

        await waiting.WaitAsync(TimeSpan.FromSeconds(60));
        connection.FromPod(Data(0, "x"));
        Assert.True(connection.FlushAsync().AsTask().IsCompletedSuccessfully);
    }

    [Fact]
    public async Task A_failure_also_closes_the_file_of_a_channel_that_has_ended()
    {
        await using RecordingRig rig = RecordingRig.CreateIdle();
        using ConnectionRecording connection = rig.BeginUnchecked(RecordingMode.All);
        while (rig.Writer.TryWrite(default))
        {
        }
        CastFile file = connection.Open("1", new CastHeader(80, 24, DateTimeOffset.UnixEpoch, "title", Command: null, Term: null));
        file.End();
        Task waiting = connection.FlushAsync().AsTask();

        connection.Fail("the test wants it");
        await waiting.WaitAsync(TimeSpan.FromSeconds(60));
        await rig.Writer.StartAsync(CancellationToken.None);

        await Eventually.TrueAsync(() => file.File.IsClosed, "the writer closes the file");
    }

    // The writer may find out that a file cannot be written when its connection is long gone.
    [Fact]
    public async Task A_failure_behind_the_end_closes_nothing_and_is_known()
    {
        await using RecordingRig rig = await RecordingRig.StartAsync();
        ConnectionRecording connection = await rig.BeginAsync(RecordingMode.Terminal);
        bool isClosed = false;
        connection.CloseOnFailure(_ => isClosed = true);
        await connection.EndAsync();
        connection.Dispose();

        connection.Fail("late");

        Assert.False(isClosed);
        Assert.Equal("late", connection.Summary.Problem);
    }

    [Fact]
    public async Task Many_connections_at_once_lose_nothing()
    {
        await using RecordingRig rig = await RecordingRig.StartAsync();
        await Task.WhenAll(Enumerable.Range(0, 8).Select(number => Task.Run(async () =>
        {
            using ConnectionRecording connection =
                (await rig.Recorder.BeginAsync(RecordingRig.Entry(RecordingMode.All), $"7f3a9c12-{number}")).Value!;
            StartShell(connection);
            for (int i = 0; i < 2000; i++)
            {
                connection.FromPod(Data(0, $"{i},"));
                await connection.FlushAsync();
            }
            await connection.EndAsync();
        })));
        await rig.StopAsync();

        string expected = string.Concat(Enumerable.Range(0, 2000).Select(i => $"{i},"));
        Assert.Equal(Enumerable.Repeat(expected, 8), rig.Complete.Select(file => Cast.Read(file).Output));
    }

    private static void StartShell(ConnectionRecording connection)
    {
        connection.FromClient(Open(0));
        connection.FromPod(Confirm(0, 0));
        connection.FromClient(Terminal(0));
        connection.FromClient(Shell(0));
    }
}
