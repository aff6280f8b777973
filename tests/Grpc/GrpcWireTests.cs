using System.Buffers;
using System.IO.Pipelines;
using Google.Protobuf;
using SshGateway.Shared.Grpc;
using SshGateway.Shared.Protos;
using Xunit;

namespace SshGateway.Tests.Grpc;

/// <summary>The bytes of the protocol: https://github.com/grpc/grpc/blob/master/doc/PROTOCOL-HTTP2.md</summary>
public sealed class GrpcWireTests
{
    // HealthCheckRequest { service: "abc" }: field 1, length-delimited, 3 bytes.
    private const string Message = "0A03616263";

    [Fact]
    public void A_frame_is_flag_length_and_message()
    {
        var output = new ArrayBufferWriter<byte>();

        GrpcFrame.Write(output, new HealthCheckRequest { Service = "abc" });
        GrpcFrame.Write(output, Convert.FromHexString(Message));

        const string frame = "00" + "00000005" + Message;
        Assert.Equal(frame + frame, Convert.ToHexString(output.WrittenSpan));
    }

    [Fact]
    public void A_message_over_the_limit_is_not_sent()
    {
        var exception = Assert.Throws<GrpcException>(
            () => GrpcFrame.Write(new ArrayBufferWriter<byte>(), new byte[GrpcFrame.MaximumMessageBytes + 1]));

        Assert.Equal(GrpcStatusCode.ResourceExhausted, exception.Status);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(4)]
    [InlineData(1000)]
    public async Task Frames_are_read_however_they_are_cut(int pieceBytes)
    {
        byte[] stream = Convert.FromHexString("0000000005" + Message + "0000000000" + "0000000005" + Message);
        var pipe = new Pipe();
        Task writing = WriteInPiecesAsync(pipe.Writer, stream, pieceBytes);
        var reader = new GrpcFrameReader(pipe.Reader, encoding: null);

        Assert.Equal("abc", (await ReadAsync(reader))!.Service);
        Assert.Equal("", (await ReadAsync(reader))!.Service);
        Assert.Equal("abc", (await ReadAsync(reader))!.Service);
        Assert.Null(await ReadAsync(reader));
        await writing;
    }

    [Theory]
    [InlineData("00", null, GrpcStatusCode.Internal)]
    [InlineData("0000000005", null, GrpcStatusCode.Internal)]
    [InlineData("0000000005" + "0A0361", null, GrpcStatusCode.Internal)]
    [InlineData("0000000001" + "0A", null, GrpcStatusCode.Internal)]
    [InlineData("0200000000", null, GrpcStatusCode.Internal)]
    [InlineData("0100000000", null, GrpcStatusCode.Internal)]
    [InlineData("0100000000", "identity", GrpcStatusCode.Internal)]
    [InlineData("0100000000", "gzip", GrpcStatusCode.Unimplemented)]
    [InlineData("0000400001", null, GrpcStatusCode.ResourceExhausted)]
    [InlineData("00FFFFFFFF", null, GrpcStatusCode.ResourceExhausted)]
    public async Task A_frame_that_is_wrong_has_its_status(string bytes, string? encoding, GrpcStatusCode status)
    {
        var pipe = new Pipe();
        await pipe.Writer.WriteAsync(Convert.FromHexString(bytes));
        await pipe.Writer.CompleteAsync();

        var exception = await Assert.ThrowsAsync<GrpcException>(() => ReadAsync(new GrpcFrameReader(pipe.Reader, encoding)));

        Assert.Equal(status, exception.Status);
    }

    [Fact]
    public async Task A_length_that_is_refused_is_refused_before_its_message_comes()
    {
        var pipe = new Pipe();
        await pipe.Writer.WriteAsync(Convert.FromHexString("0000400001"));

        Task<HealthCheckRequest?> reading = ReadAsync(new GrpcFrameReader(pipe.Reader, null));

        var exception = await Assert.ThrowsAsync<GrpcException>(() => reading.WaitAsync(TimeSpan.FromSeconds(10)));
        Assert.Equal(GrpcStatusCode.ResourceExhausted, exception.Status);
    }

    [Theory]
    [InlineData("plain words", "plain words")]
    [InlineData("100%", "100%25")]
    [InlineData("a\nb\tc", "a%0Ab%09c")]
    [InlineData("naïve ☃ 😀", "na%C3%AFve %E2%98%83 %F0%9F%98%80")]
    [InlineData("", "")]
    public void Status_messages_are_percent_encoded(string message, string encoded)
    {
        Assert.Equal(encoded, GrpcStatusMessage.Encode(message));
        Assert.Equal(message, GrpcStatusMessage.Decode(encoded));
    }

    [Theory]
    [InlineData("%", "%")]
    [InlineData("50%zz", "50%zz")]
    [InlineData("%4", "%4")]
    [InlineData("%c3%af", "ï")]
    [InlineData("%FF", "\uFFFD")]
    public void A_wrong_escape_stays_as_it_came(string encoded, string message) => Assert.Equal(message, GrpcStatusMessage.Decode(encoded));

    [Theory]
    [InlineData("1H", 36_000_000_000)]
    [InlineData("2M", 1_200_000_000)]
    [InlineData("3S", 30_000_000)]
    [InlineData("4m", 40_000)]
    [InlineData("5u", 50)]
    [InlineData("600n", 6)]
    [InlineData("99999999H", 3_599_999_964_000_000_000)]
    [InlineData("0S", 0)]
    public void Timeouts_are_read(string text, long ticks)
    {
        Assert.True(GrpcTimeout.TryParse(text, out TimeSpan timeout));
        Assert.Equal(ticks, timeout.Ticks);
    }

    [Theory]
    [InlineData("")]
    [InlineData("S")]
    [InlineData("1")]
    [InlineData("123456789S")]
    [InlineData("-1S")]
    [InlineData("+1S")]
    [InlineData(" 1S")]
    [InlineData("1.5S")]
    [InlineData("1s")]
    [InlineData("1 S")]
    public void A_timeout_of_another_form_is_refused(string text) => Assert.False(GrpcTimeout.TryParse(text, out _));

    [Theory]
    [InlineData("application/grpc", true)]
    [InlineData("application/grpc+proto", true)]
    [InlineData("application/grpc; charset=utf-8", true)]
    [InlineData("Application/GRPC", true)]
    [InlineData("application/grpc+json", false)]
    [InlineData("application/grpc-web", false)]
    [InlineData("application/json", false)]
    [InlineData(null, false)]
    public void Content_types_are_told_apart(string? contentType, bool isGrpc) => Assert.Equal(isGrpc, GrpcHeaders.IsGrpcContentType(contentType));

    private static Task<HealthCheckRequest?> ReadAsync(GrpcFrameReader reader) =>
        reader.ReadAsync(HealthCheckRequest.Parser, CancellationToken.None).AsTask();

    private static async Task WriteInPiecesAsync(PipeWriter writer, byte[] bytes, int pieceBytes)
    {
        foreach (byte[] piece in bytes.Chunk(pieceBytes))
        {
            await writer.WriteAsync(piece);
        }
        await writer.CompleteAsync();
    }
}
