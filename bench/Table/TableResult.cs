using System.Text.Json.Serialization;

namespace SshGateway.Bench.Table;

/// <summary>The memory of the proxy's table, and a synchronization of it.</summary>
/// <param name="Tables">Of several sizes.</param>
/// <param name="Sync">Of the largest.</param>
internal sealed record TableResult(IReadOnlyList<TableSize> Tables, SyncResult Sync);

/// <summary>A table in the proxy's memory.</summary>
/// <param name="Sessions">How many.</param>
/// <param name="IdLength">Characters of each id.</param>
/// <param name="BytesPerSession">Everything that the table keeps alive.</param>
/// <param name="BytesAfterUpdate">The same after an update of all sessions.</param>
/// <param name="FillSeconds">Time to decode and to insert all.</param>
internal sealed record TableSize(int Sessions, int IdLength, double BytesPerSession, double BytesAfterUpdate, double FillSeconds);

/// <summary>A complete synchronization.</summary>
/// <param name="Sessions">How many.</param>
/// <param name="Seconds">Until the table is complete and its hash compared.</param>
/// <param name="ProxyCpuSeconds">What it cost the proxy.</param>
/// <param name="OperatorCpuSeconds">What it cost the operator.</param>
/// <param name="OperatorMiB">The operator's memory then.</param>
/// <param name="Faults">Entries or tables that were wrong.</param>
internal sealed record SyncResult(int Sessions, double Seconds, double ProxyCpuSeconds, double OperatorCpuSeconds, double OperatorMiB, int Faults);

/// <summary>How it is written.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, WriteIndented = true)]
[JsonSerializable(typeof(TableResult))]
internal sealed partial class TableJson : JsonSerializerContext;
