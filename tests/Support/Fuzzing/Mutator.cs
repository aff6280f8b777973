using System.Buffers.Binary;

namespace SshGateway.Tests.Support.Fuzzing;

/// <summary>
/// Damages messages: the same seed does the same damage. Half of what it does is to the uint32s in which SSH writes its
/// lengths.
/// </summary>
internal sealed class Mutator(int seed)
{
    private const int MaxDamages = 4;
    private static readonly uint[] Lengths = [0, 1, 2, 31, 32, 33, 255, 256, 0x7fff, 0x8000, 0xffff, 0x7fffffff, 0x80000000, 0xfffffffe, uint.MaxValue];

    // What has a meaning in YAML or JSON, or none in any text.
    private static readonly string[] Words =
    [
        "\n", "\n  ", "\t", " ", ":", ": ", "-", "- ", "[", "]", "{", "}", ",", "#", "\"", "'", "|", ">", "&a ", "*a", "!", "!!binary ", "%", "@", "`", "?", "~",
        "---\n", "...\n", "<<: ", "null", "true", "0x1F", "1e400", ".nan", "\\", "\"\\ud800\"", "\r", "\0", "\ufeff", "\u2028", "\u0085",
    ];

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

    /// <summary>One of the samples with some typing errors.</summary>
    public byte[] NextText(IReadOnlyList<byte[]> samples)
    {
        List<byte> bytes = [.. samples[_random.Next(samples.Count)]];
        for (int error = _random.Next(1, MaxDamages + 1); error > 0; error--)
        {
            int at = _random.Next(bytes.Count + 1);
            int length = Math.Min(_random.Next(1, 8), bytes.Count - at);
            switch (_random.Next(6))
            {
                case 0:
                    bytes.RemoveRange(at, Math.Min(1, length));
                    break;
                case 1:
                    bytes.RemoveRange(at, length);
                    break;
                case 2:
                    bytes.InsertRange(at, bytes.GetRange(at, length));
                    break;
                case 3 when length > 0:
                    bytes[at] = (byte)_random.Next(' ', 0x7f);
                    break;
                case 4 when length > 1:
                    bytes.Reverse(at, 2);
                    break;
                default:
                    bytes.InsertRange(at, System.Text.Encoding.UTF8.GetBytes(Words[_random.Next(Words.Length)]));
                    break;
            }
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
