using System.Text.Json.Serialization;
using SshGateway.Bench.Scale;

namespace SshGateway.Bench.FanOut;

/// <summary>One operator's feed with many proxies behind it.</summary>
/// <param name="Sessions">In the table.</param>
/// <param name="Cores">For all: the operator, and the proxies in one process.</param>
/// <param name="Fleets">Fewer proxies first.</param>
internal sealed record FanOutResult(int Sessions, int Cores, IReadOnlyList<FanOutResult.Fleet> Fleets)
{
    /// <summary>So many proxies.</summary>
    /// <param name="Proxies">How many.</param>
    /// <param name="SyncSeconds">All connect at once: until the last one is in step.</param>
    /// <param name="SyncCpuSeconds">What it cost the operator.</param>
    /// <param name="KiBPerProxy">Of the operator's memory.</param>
    /// <param name="Changes">Single ones, then at rising rates.</param>
    /// <param name="Faults">Tables that were wrong on the way or at the end, and entries that could not be
    /// used.</param>
    internal sealed record Fleet(int Proxies, double SyncSeconds, double SyncCpuSeconds, double KiBPerProxy, IReadOnlyList<Rate> Changes, int Faults);

    /// <summary>Changes of one session each.</summary>
    /// <param name="PerSecond">How many a second; 0: each when the one before is in all tables.</param>
    /// <param name="ToTables">From the change until it is in all tables.</param>
    /// <param name="BytesPerChange">What the operator sends to one proxy for a change, with TLS.</param>
    /// <param name="MicrosecondsPerChange">The operator's CPU time for a change and one proxy.</param>
    /// <param name="OperatorCores">Until the last change was in all tables.</param>
    /// <param name="ProxyCores">The same of all proxies.</param>
    internal sealed record Rate(int PerSecond, Percentiles ToTables, double BytesPerChange, double MicrosecondsPerChange, double OperatorCores, double ProxyCores);
}

/// <summary>How it is written.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, WriteIndented = true)]
[JsonSerializable(typeof(FanOutResult))]
internal sealed partial class FanOutJson : JsonSerializerContext;
