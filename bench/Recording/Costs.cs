using SshGateway.Bench.FanOut;
using SshGateway.Bench.Reporting;
using SshGateway.Bench.Traffic;

namespace SshGateway.Bench.Recording;

/// <summary>What a unit of work costs by the measurements: the terms of the formulas of docs/performance.md.</summary>
internal sealed class Costs(Results results)
{
    private const string Cipher = "aes128-gcm";

    public double LoginMilliseconds => Median(LoginMeasurements.ProcessorTime);

    public double PostQuantumLoginMilliseconds => Median(LoginMeasurements.PostQuantumProcessorTime);

    public double UploadSeconds => Median(TransferMeasurements.ProcessorTime("upload", Cipher));

    public double DownloadSeconds => Median(TransferMeasurements.ProcessorTime("download", Cipher));

    public double PassthroughUploadSeconds => Median(PassthroughMeasurements.ProcessorTime("upload"));

    public double PassthroughDownloadSeconds => Median(PassthroughMeasurements.ProcessorTime("download"));

    public double KeyMicroseconds => Median(LatencyMeasurements.KeyProcessorTime);

    public double ProxyMiB => Median(TrafficBench.ProxyMemory);

    public double SessionKiB => Median(IdleMeasurements.SessionMemory);

    /// <summary>Of the proxy's table, for each session in the cluster.</summary>
    public double EntryBytes => results.Table.Tables.MaxBy(table => (table.Sessions, -table.IdLength))!.BytesPerSession;

    /// <summary>The operator's CPU time to tell one proxy of a change that comes alone.</summary>
    public double ProxyMicroseconds => Largest.Changes[0].MicrosecondsPerChange;

    /// <summary>
    /// The operator's CPU time for a change without the proxies: watch, routing and status. Of the run with an API
    /// server, less what its proxies cost at the same rate.
    /// </summary>
    public double ChangeMilliseconds =>
        Math.Max(0, results.Scale.Busy.OperatorMilliseconds - (results.Scale.Proxies * Smallest.Changes[^1].MicrosecondsPerChange / 1000));

    /// <summary>Of the operator's memory, for each proxy.</summary>
    public double ProxyKiB => Largest.KiBPerProxy;

    public FanOutResult.Fleet Smallest => results.FanOut.Fleets[0];

    public FanOutResult.Fleet Largest => results.FanOut.Fleets[^1];

    /// <summary>Cores of an operator that so many proxies follow.</summary>
    public double OperatorCores(double changesPerSecond, int proxies) => changesPerSecond * ((ChangeMilliseconds / 1e3) + (proxies * ProxyMicroseconds / 1e6));

    private double Median(string name) => results.Traffic.Measurements.FirstOrDefault(measurement => measurement.Name == name)?.Median
        ?? throw new InvalidDataException($"{Results.TrafficFile} lacks \"{name}\"; run make bench");
}
