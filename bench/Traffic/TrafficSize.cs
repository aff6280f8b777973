namespace SshGateway.Bench.Traffic;

/// <summary>How much is done for each measurement.</summary>
/// <param name="Runs">Alternating with the reference.</param>
/// <param name="TransferMiB">In one transfer.</param>
/// <param name="SshLogins">Of the stock ssh, one after the other.</param>
/// <param name="RoundTrips">In one run.</param>
/// <param name="Keys">Typed in one run by one, and by each of 16.</param>
/// <param name="Logins">Of the bench's own client in one run, 16 at a time.</param>
/// <param name="PassthroughMiB">In one transfer by passthrough.</param>
/// <param name="Connections">By passthrough, in one run, 16 at a time.</param>
/// <param name="IdleSessions">Open at once, and as many passthrough connections.</param>
/// <param name="IdleTime">Before their memory is looked at.</param>
/// <param name="Parts">What is done, unless something else is asked for.</param>
internal sealed record TrafficSize(
    int Runs, int TransferMiB, int SshLogins, int RoundTrips, int Keys, int Logins, int PassthroughMiB, int Connections, int IdleSessions, TimeSpan IdleTime, string[] Parts)
{
    public static readonly TrafficSize Full = new(5, 128, 10, 3000, 300, 400, 384, 2000, 2000, TimeSpan.FromMinutes(1),
        ["login", "aes", "cha", "recording", "latency", "logins", "passthrough", "idle", "start", "kex", "micro"]);

    /// <summary>About two minutes on a machine that does nothing else.</summary>
    public static readonly TrafficSize Quick = new(3, 128, 8, 2000, 200, 400, 256, 1000, 2000, TimeSpan.FromSeconds(10),
        [.. Full.Parts.Except(["cha", "recording", "micro"])]);
}
