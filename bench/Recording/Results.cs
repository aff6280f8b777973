using SshGateway.Bench.FanOut;
using SshGateway.Bench.Reporting;
using SshGateway.Bench.Scale;
using SshGateway.Bench.Table;

namespace SshGateway.Bench.Recording;

/// <summary>All that make bench has measured, from its files.</summary>
internal sealed record Results(ResultFile Traffic, TableResult Table, FanOutResult FanOut, ScaleResult Scale)
{
    public const string TrafficFile = ".bench/traffic.json";
    public const string QuickFile = ".bench/traffic-quick.json";
    public const string TableFile = ".bench/table.json";
    public const string FanOutFile = ".bench/fan-out.json";
    private const string ScaleFile = ".bench/operator-scale.json";

    public static Results Load() => new(
        ResultFile.Load(TrafficFile), JsonFile.Load(TableFile, TableJson.Default.TableResult),
        JsonFile.Load(FanOutFile, FanOutJson.Default.FanOutResult), JsonFile.Load(ScaleFile, ScaleJson.Default.ScaleResult));
}
