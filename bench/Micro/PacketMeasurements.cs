using BenchmarkDotNet.Attributes;
using SshGateway.Ssh.Transport;
using SshGateway.Ssh.Wire;

namespace SshGateway.Bench.Micro;

/// <summary>The packet codec without cipher and socket: packets into a batch, and out of what was read.</summary>
public class PacketMeasurements : IAsyncDisposable
{
    private const int Packets = 7;

    private readonly MemorySocket _socket = new();
    private PacketOutput _output = null!;
    private PacketInput _input = null!;
    private byte[] _payload = [];

    /// <summary>Of payload.</summary>
    [Params(48, 32768)]
    public int Bytes { get; set; }

    [GlobalSetup]
    public void Begin()
    {
        _output = new PacketOutput(_socket);
        _output.AllowLargePackets();
        _input = new PacketInput(_socket);
        _input.AllowLargePackets();
        _payload = new byte[Bytes];
        _payload[0] = MessageNumber.Ignore;
    }

    [Benchmark(Description = "packet framed and read again", OperationsPerInvoke = Packets)]
    public async Task CopyAsync()
    {
        await _output.OpenBatchAsync();
        for (int packet = 0; packet < Packets; packet++)
        {
            if (!_output.TryAppend(_payload))
            {
                throw new InvalidOperationException("the batch is full");
            }
        }
        await _output.CloseAndFlushAsync();
        await _input.FillAsync();
        for (int packet = 0; packet < Packets; packet++)
        {
            if (!_input.TryRead(out InboundPacket read) || read.Payload.Length != Bytes)
            {
                throw new InvalidOperationException("a packet is missing");
            }
        }
    }

    [GlobalCleanup]
    public async ValueTask DisposeAsync()
    {
        await _output.DisposeAsync();
        _input.Dispose();
        _socket.Dispose();
        GC.SuppressFinalize(this);
    }
}
