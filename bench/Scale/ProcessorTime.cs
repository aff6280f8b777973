using System.Diagnostics;

namespace SshGateway.Bench.Scale;

/// <summary>What the programs of the bench take of the processors between two moments.</summary>
internal sealed class ProcessorTime
{
    private readonly (string Name, Process Process, TimeSpan Before)[] _programs;
    private readonly long _started = Stopwatch.GetTimestamp();

    public ProcessorTime(IEnumerable<(string Name, int Id)> programs) =>
        _programs = [.. programs.Select(p => (p.Name, Process.GetProcessById(p.Id))).Select(p => (p.Name, p.Item2, p.Item2.TotalProcessorTime))];

    /// <returns>Cores, by program.</returns>
    public IReadOnlyDictionary<string, double> Cores()
    {
        double seconds = Stopwatch.GetElapsedTime(_started).TotalSeconds;
        return _programs.ToDictionary(p => p.Name, p =>
        {
            p.Process.Refresh();
            return (p.Process.TotalProcessorTime - p.Before).TotalSeconds / seconds;
        });
    }
}
