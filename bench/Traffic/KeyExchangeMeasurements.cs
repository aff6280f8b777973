using System.Diagnostics;
using SshGateway.Bench.Reporting;
using SshGateway.Bench.Traffic.Ssh;
using SshGateway.Ssh.KeyExchange;

namespace SshGateway.Bench.Traffic;

/// <summary>
/// CPU time of the key exchange methods, both sides of one, beside what openssl says that the same operations take.
/// </summary>
internal static class KeyExchangeMeasurements
{
    private static readonly TimeSpan RunTime = TimeSpan.FromMilliseconds(200);

    public static async Task<IReadOnlyList<Measurement>> RunAsync(int runs)
    {
        // curve25519-sha256@libssh.org is another name for the same.
        KeyExchangeAlgorithm[] algorithms = [.. KeyExchangeAlgorithm.All.Where(algorithm => !algorithm.Name.Contains('@', StringComparison.Ordinal))];
        Dictionary<string, List<double>> times = algorithms.ToDictionary(algorithm => algorithm.Name, _ => new List<double>());
        Dictionary<string, List<double>> floors = algorithms.ToDictionary(algorithm => algorithm.Name, _ => new List<double>());
        // The first one warms up.
        for (int run = 0; run <= runs; run++)
        {
            Progress.Say($"key exchange: run {run} of {runs}");
            IReadOnlyDictionary<string, double>? floor = run == 0 ? null : await CryptoFloor.MillisecondsPerKeyExchangeAsync();
            foreach (KeyExchangeAlgorithm algorithm in algorithms)
            {
                double time = MillisecondsEach(algorithm);
                if (floor is not null)
                {
                    times[algorithm.Name].Add(time);
                    floors[algorithm.Name].Add(floor[algorithm.Name]);
                }
            }
        }
        return [.. algorithms.Select(algorithm => algorithm.Name).Select(name => new Measurement(
            $"key exchange, both sides, {name}", "ms", times[name], name == Algorithms.PostQuantum ? "openssl's X25519" : CryptoFloor.Name, floors[name],
            name == Algorithms.PostQuantum ? null : 1.3))];
    }

    private static double MillisecondsEach(KeyExchangeAlgorithm algorithm)
    {
        TimeSpan before = Environment.CpuUsage.TotalTime;
        long start = Stopwatch.GetTimestamp();
        int count = 0;
        for (; Stopwatch.GetElapsedTime(start) < RunTime; count++)
        {
            Exchange(algorithm);
        }
        return (Environment.CpuUsage.TotalTime - before).TotalMilliseconds / count;
    }

    private static void Exchange(KeyExchangeAlgorithm algorithm)
    {
        using IKeyExchange initiator = algorithm.Start();
        using IKeyExchange responder = algorithm.Start();
        (byte[] reply, byte[] secret) = responder.Respond(initiator.Initiate());
        if (!initiator.Complete(reply).AsSpan().SequenceEqual(secret))
        {
            throw new InvalidOperationException($"{algorithm.Name}: two secrets");
        }
    }
}
