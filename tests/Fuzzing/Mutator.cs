using System.Buffers.Binary;

namespace SshGateway.Tests.Fuzzing;

/// <summary>Damages messages: the same seed does the same damage. Half of what it does is to the uint32s in which SSH writes its lengths.</summary>
internal sealed class Mutator(int seed)
{
    private const int MaxDamages = 4;
    private static readonly uint[] Lengths = [0, 1, 2, 31, 32, 33, 255, 256, 0x7fff, 0x8000, 0xffff, 0x7fffffff, 0x80000000, 0xfffffffe, uint.MaxValue];

    private readonly Random _random = new(seed);

    /// <summary>One of the samples, damaged.</summary>
    public byte[] Next(IReadOnlyList<byte[]> samples)
    {
        List<byte> bytes = [.. samples[_random.Next(samples.Count)]];
        for (int damage = _random.Next(1, MaxDamages + 1); damage > 0; damage--)
        {
            Damage(bytes, samples);
        }

        return [.. bytes];
    }

    private void Damage(List<byte> bytes, IReadOnlyList<byte[]> samples)
    {
        int at = _random.Next(bytes.Count + 1);
        int rest = bytes.Count - at;
        switch (_random.Next(10))
        {
            case 0 when rest > 0:
                bytes[at] ^= (byte)(1 << _random.Next(8));
                break;
            case 1 when rest > 0:
                bytes[at] = (byte)_random.Next(256);
                break;
            case 2:
                bytes.InsertRange(at, Noise(_random.Next(1, 64)));
                break;
            case 3:
                bytes.RemoveRange(at, _random.Next(rest + 1));
                break;
            case 4:
                byte[] other = samples[_random.Next(samples.Count)];
                bytes.InsertRange(at, other[_random.Next(other.Length + 1)..]);
                break;
            case >= 5 when rest >= sizeof(uint):
                Span<byte> field = stackalloc byte[sizeof(uint)];
                uint value = BinaryPrimitives.ReadUInt32BigEndian([.. bytes.GetRange(at, sizeof(uint))]);
                BinaryPrimitives.WriteUInt32BigEndian(
                    field, _random.Next(2) == 0 ? Lengths[_random.Next(Lengths.Length)] : value + (uint)_random.Next(-4, 5));
                for (int i = 0; i < field.Length; i++)
                {
                    bytes[at + i] = field[i];
                }

                break;
        }
    }

    private byte[] Noise(int length)
    {
        byte[] noise = new byte[length];
        _random.NextBytes(noise);
        return noise;
    }
}
