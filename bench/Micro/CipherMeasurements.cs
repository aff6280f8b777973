using BenchmarkDotNet.Attributes;
using SshGateway.Ssh.Ciphers;

namespace SshGateway.Bench.Micro;

/// <summary>Each direction of the ciphers, a keystroke's packet and the largest that ssh sends.</summary>
public class CipherMeasurements
{
    // As many as one invocation opens, since a packet opens once. More than a core's own caches hold, as what comes
    // from a socket is in none of them.
    private const int Packets = 256;

    private readonly byte[][] _packets = new byte[Packets][];
    private byte[] _body = [];
    private IPacketSealer _sealer = null!;
    private IPacketOpener _opener = null!;
    private uint _sealed;
    private uint _opened;

    [Params("aes128-gcm@openssh.com", "aes256-gcm@openssh.com", "aes128-ctr", "chacha20-poly1305@openssh.com")]
    public string Cipher { get; set; } = "";

    /// <summary>Of payload.</summary>
    [Params(48, 32768)]
    public int Bytes { get; set; }

    [GlobalSetup]
    public void Begin()
    {
        CipherAlgorithm cipher = CipherAlgorithm.All.First(algorithm => algorithm.Name == Cipher);
        MacAlgorithm? mac = cipher.IsAead ? null : MacAlgorithm.All[0];
        byte[] key = new byte[cipher.KeySize];
        byte[] iv = new byte[cipher.IvSize];
        byte[] macKey = new byte[mac?.KeySize ?? 0];
        (_sealed, _opened) = (0, 0);
        _sealer = cipher.CreateSealer(key, iv, mac, macKey);
        _opener = cipher.CreateOpener(key, iv, mac, macKey);
        PacketGeometry geometry = _sealer.Geometry;
        int padding = geometry.PaddingFor(Bytes);
        _body = new byte[1 + Bytes + padding];
        _body[0] = (byte)padding;
        for (int index = 0; index < Packets; index++)
        {
            _packets[index] = new byte[4 + _body.Length + geometry.TagSize];
        }
    }

    [Benchmark(Description = "packet sealed", OperationsPerInvoke = Packets)]
    public void Seal()
    {
        foreach (byte[] packet in _packets)
        {
            _sealer.Seal(_body, packet, _sealed++);
        }
    }

    [IterationSetup(Target = nameof(Open))]
    public void SealForOpening() => Seal();

    [Benchmark(Description = "packet opened", OperationsPerInvoke = Packets)]
    public void Open()
    {
        foreach (byte[] packet in _packets)
        {
            uint length = _opener.ReadLength(packet.AsSpan(0, _opener.HeaderSize), _opened);
            if (length != _body.Length || !_opener.Open(packet, _opened++))
            {
                throw new InvalidOperationException($"{Cipher}: a packet did not open");
            }
        }
    }

    [GlobalCleanup]
    public void End()
    {
        _sealer.Dispose();
        _opener.Dispose();
    }
}
