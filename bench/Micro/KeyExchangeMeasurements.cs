using BenchmarkDotNet.Attributes;
using SshGateway.Ssh.KeyExchange;

namespace SshGateway.Bench.Micro;

/// <summary>The key exchange methods, both sides of one.</summary>
public class KeyExchangeMeasurements
{
    private KeyExchangeAlgorithm _algorithm = null!;

    /// <summary>curve25519-sha256@libssh.org is another name for the same.</summary>
    public static IEnumerable<string> Names => KeyExchangeAlgorithm.All.Select(algorithm => algorithm.Name).Where(name => !name.Contains('@', StringComparison.Ordinal));

    [ParamsSource(nameof(Names))]
    public string Name { get; set; } = "";

    [GlobalSetup]
    public void Begin() => _algorithm = KeyExchangeAlgorithm.All.First(algorithm => algorithm.Name == Name);

    [Benchmark(Description = "key exchange, both sides")]
    public byte[] Exchange()
    {
        using IKeyExchange initiator = _algorithm.Start();
        using IKeyExchange responder = _algorithm.Start();
        (byte[] reply, byte[] secret) = responder.Respond(initiator.Initiate());
        return initiator.Complete(reply).AsSpan().SequenceEqual(secret) ? secret : throw new InvalidOperationException($"{Name}: two secrets");
    }
}
