using System.Diagnostics;
using System.Globalization;
using System.Text.RegularExpressions;
using SshGateway.Tests.Support.Harness;
using KernelMemory = SshGateway.Tests.Support.KernelMemory;

namespace SshGateway.Tests.EndToEnd.Soak;

/// <summary>
/// What one process holds, sampled again and again: memory, descriptors, threads, and the kernel's socket buffers.
/// </summary>
internal sealed partial class ProcessWatch(string name, Daemon process)
{
    private const double Mebi = 1 << 20;

    private static readonly Measure[] Measures =
    [
        new("resident memory", " MiB", Allowance: 48),
        new("descriptors", "", Allowance: 60),
        new("threads", "", Allowance: 12),
        new("kernel memory of sockets", " MiB", Allowance: 48),
    ];

    private readonly List<double[]> _samples = [];
    private readonly List<TimeSpan> _times = [];
    private readonly Stopwatch _clock = Stopwatch.StartNew();

    public async Task SampleAsync()
    {
        string status = await File.ReadAllTextAsync($"/proc/{process.Id}/status");
        _samples.Add(
        [
            Number(Resident().Match(status)) * 1024 / Mebi,
            Directory.GetFileSystemEntries($"/proc/{process.Id}/fd").Length,
            Number(Threads().Match(status)),
            await KernelMemory.OfProcessAsync(process.Id) / Mebi,
        ]);
        _times.Add(_clock.Elapsed);
    }

    /// <summary>Each measure's mean at first and at the end, and its slope, after a first third of warm-up.</summary>
    public IEnumerable<string> Figures() => Measures.Select((measure, number) =>
    {
        (double early, double late, double perHour) = Course(number);
        return string.Create(
            CultureInfo.InvariantCulture, $"{name}: {measure.Name} {early:f1}{measure.Unit} at first, {late:f1}{measure.Unit} at the end, slope {perHour:f1}{measure.Unit} an hour");
    });

    /// <summary>What has grown by more than an eighth and its allowance: no noise of a run of minutes.</summary>
    public IEnumerable<string> Growth() => Measures.Index().Where(measure =>
    {
        (double early, double late, _) = Course(measure.Index);
        return late > (early * 1.125) + measure.Item.Allowance;
    }).Select(measure => $"{name}: {measure.Item.Name}: {string.Join(' ', _samples.Select(sample => sample[measure.Index].ToString("f0", CultureInfo.InvariantCulture)))}");

    private (double Early, double Late, double PerHour) Course(int number)
    {
        int third = _samples.Count / 3;
        double[] values = [.. _samples.Skip(third).Select(sample => sample[number])];
        double[] hours = [.. _times.Skip(third).Select(time => time.TotalHours)];
        (double meanValue, double meanHour) = (values.Average(), hours.Average());
        double slope = values.Zip(hours, (value, hour) => (value - meanValue) * (hour - meanHour)).Sum() / hours.Sum(hour => (hour - meanHour) * (hour - meanHour));
        return (values.Take(third).Average(), values.TakeLast(third).Average(), slope);
    }

    private static double Number(Match match) => double.Parse(match.Groups[1].Value, CultureInfo.InvariantCulture);

    [GeneratedRegex(@"^VmRSS:\s+(\d+) kB", RegexOptions.Multiline)]
    private static partial Regex Resident();

    [GeneratedRegex(@"^Threads:\s+(\d+)", RegexOptions.Multiline)]
    private static partial Regex Threads();

    /// <param name="Allowance">How much it may grow by chance, in its unit.</param>
    private sealed record Measure(string Name, string Unit, double Allowance);
}
