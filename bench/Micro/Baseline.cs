using System.Security.Cryptography;
using BenchmarkDotNet.Attributes;

namespace SshGateway.Bench.Micro;

/// <summary>
/// What the pieces are compared with: a nanosecond is not the same on two machines, nor on one that others use.
/// </summary>
public class Baseline
{
    public const string Name = "SHA-256 of 4 KiB";

    private readonly byte[] _bytes = new byte[4096];

    [Benchmark(Description = Name)]
    public byte[] Hash() => SHA256.HashData(_bytes);
}
