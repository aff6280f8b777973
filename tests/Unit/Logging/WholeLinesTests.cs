using SshGateway.Hosting.Logging;
using Xunit;

namespace SshGateway.Tests.Unit.Logging;

public sealed class WholeLinesTests
{
    [Theory]
    [InlineData(new[] { 100 }, new[] { 100 })]
    [InlineData(new[] { 4096 }, new[] { 4096 })]
    [InlineData(new[] { 4000, 96, 1 }, new[] { 4096, 1 })]
    [InlineData(new[] { 4000, 97, 100 }, new[] { 4000, 197 })]
    [InlineData(new[] { 100, 9000, 100 }, new[] { 100, 9000, 100 })]
    public void A_piece_ends_with_a_line_and_is_written_at_once(int[] lines, int[] pieces)
    {
        using var output = new Pieces();
        WholeLines.Write(output, [.. lines.SelectMany(size => (byte[])[.. Enumerable.Repeat((byte)'x', size - 1), (byte)'\n'])]);
        Assert.Equal(pieces, output.Sizes);
    }

    private sealed class Pieces : MemoryStream
    {
        public List<int> Sizes { get; } = [];

        public override void Write(ReadOnlySpan<byte> buffer)
        {
            Sizes.Add(buffer.Length);
            base.Write(buffer);
        }
    }
}
