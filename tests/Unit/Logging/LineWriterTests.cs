using System.Globalization;
using System.IO.Pipes;
using System.Text;
using SshGateway.Hosting.Logging;
using SshGateway.Tests.Support;
using Xunit;

namespace SshGateway.Tests.Unit.Logging;

/// <summary>Through a real pipe, as a container's standard output is.</summary>
public sealed class LineWriterTests : IDisposable
{
    private readonly AnonymousPipeServerStream _output = new(PipeDirection.Out);
    private readonly AnonymousPipeClientStream _reader;

    public LineWriterTests() => _reader = new AnonymousPipeClientStream(PipeDirection.In, _output.ClientSafePipeHandle);

    // The other end is its writer's, which may still be stuck in it and lets go now.
    public void Dispose() => _reader.Dispose();

    [Fact]
    public async Task Lines_of_many_threads_come_whole_and_in_their_order()
    {
        Task<string[]> read = ReadAsync();
        var writer = new LineWriter(_output, Lost);
        await Task.WhenAll(Enumerable.Range(0, 4).Select(thread => Task.Run(() =>
        {
            for (int i = 0; i < 1000; i++)
            {
                writer.Write(new StringBuilder($"{thread} {i:D100} ü\n"));
            }
        })));
        writer.Dispose();

        string[] lines = await read;
        for (int thread = 0; thread < 4; thread++)
        {
            Assert.Equal(Enumerable.Range(0, 1000).Select(i => $"{thread} {i:D100} ü"), lines.Where(line => line.StartsWith($"{thread} ", StringComparison.Ordinal)));
        }
        Assert.Equal(4000, lines.Length);
    }

    [Fact]
    public async Task What_nobody_takes_is_dropped_counted_and_told_in_its_place()
    {
        const int Written = 30_000;
        using var writer = new LineWriter(_output, Lost);
        for (int i = 0; i < Written; i++)
        {
            writer.Write(new StringBuilder($"{i:D99}\n"));
        }

        using var reader = new StreamReader(_reader);
        int next = 0;
        int lost = 0;
        while (next < Written)
        {
            string line = (await reader.ReadLineAsync())!;
            int missing = line.StartsWith("lost ", StringComparison.Ordinal) ? int.Parse(line["lost ".Length..], CultureInfo.InvariantCulture) : 0;
            Assert.True(missing > 0 || line == $"{next:D99}", $"{line} instead of {next}");
            next += Math.Max(missing, 1);
            lost += missing;
        }
        Assert.Equal(Written, next);
        Assert.InRange(lost, 1, Written - (LineWriter.Capacity / 100));
    }

    [Fact]
    public void Its_end_does_not_wait_for_a_reader()
    {
        var writer = new LineWriter(_output, Lost);
        writer.Write(new StringBuilder().Append('x', 500_000).Append('\n'));
        writer.Dispose();
    }

    [Fact]
    public async Task Lines_that_could_not_be_written_are_told_when_there_is_room_again()
    {
        using var disk = new FullDisk();
        using var writer = new LineWriter(disk, Lost);
        foreach (int refused in (int[])[1, 2])
        {
            writer.Write(new StringBuilder("x\n"));
            await Eventually.TrueAsync(() => disk.Refused == refused, "the line is refused");
        }
        disk.HasRoom = true;
        writer.Write(new StringBuilder("y\n"));
        await Eventually.TrueAsync(() => disk.Text == "lost 2\ny\n", "two lines are told to be lost");
    }

    private static string Lost(long lines) => $"lost {lines}\n";

    private async Task<string[]> ReadAsync()
    {
        using var reader = new StreamReader(_reader);
        return (await reader.ReadToEndAsync()).Split('\n', StringSplitOptions.RemoveEmptyEntries);
    }
}
