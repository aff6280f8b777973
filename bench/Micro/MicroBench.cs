using System.Globalization;
using BenchmarkDotNet.Configs;
using BenchmarkDotNet.Engines;
using BenchmarkDotNet.Jobs;
using BenchmarkDotNet.Loggers;
using BenchmarkDotNet.Parameters;
using BenchmarkDotNet.Reports;
using BenchmarkDotNet.Running;
using BenchmarkDotNet.Toolchains.InProcess.Emit;
using Perfolizer.Horology;
using SshGateway.Bench.Reporting;
using Measurement = SshGateway.Bench.Reporting.Measurement;

namespace SshGateway.Bench.Micro;

/// <summary>
/// BenchmarkDotNet over the inner pieces. In this process: for each process of its own it would restore and build a
/// project. A tenth of a second each time, so that all of it takes no longer than a minute or two.
/// </summary>
internal static class MicroBench
{
    private const int Runs = 5;
    private const double LookUpAim = 100;
    private const double Nanosecond = 1;
    private const double Microsecond = 1000;

    public static IReadOnlyList<Measurement> Run()
    {
        Job job = Job.Default
            .WithToolchain(InProcessEmitToolchain.Instance)
            .WithLaunchCount(1)
            .WithEvaluateOverhead(false)
            .WithWarmupCount(2)
            .WithIterationCount(Runs)
            .WithIterationTime(TimeInterval.FromMilliseconds(100));
        var log = new AccumulationLogger();
        IConfig config = ManualConfig.CreateEmpty().AddJob(job).AddLogger(log).WithOptions(ConfigOptions.DisableLogFile);
        double[] baseline = [.. Measure(typeof(Baseline), Microsecond, "µs").Single().Values];
        return
        [
            .. Measure(typeof(TableMeasurements), Nanosecond, "ns").Select(measurement => measurement with { Aim = LookUpAim }),
            .. new[] { typeof(CipherMeasurements), typeof(PacketMeasurements), typeof(FeedMeasurements) }
                .SelectMany(type => Measure(type, Microsecond, "µs")).Select(measurement => measurement with { ReferenceName = Baseline.Name, Reference = baseline }),
        ];

        IEnumerable<Measurement> Measure(Type type, double nanoseconds, string unit)
        {
            Progress.Say($"micro: {type.Name}");
            Summary summary = BenchmarkRunner.Run(type, config);
            return summary.HasCriticalValidationErrors || summary.Reports.Any(report => !report.Success)
                ? throw new InvalidOperationException($"{type.Name} failed:\n{log.GetLog()}")
                : summary.Reports.Select(report => ToMeasurement(report, nanoseconds, unit));
        }
    }

    private static Measurement ToMeasurement(BenchmarkReport report, double nanoseconds, string unit) => new(
        string.Join(", ", [report.BenchmarkCase.Descriptor.WorkloadMethodDisplayInfo.Trim('\''), .. report.BenchmarkCase.Parameters.Items.Select(Describe)]),
        unit,
        [.. report.AllMeasurements
            .Where(measurement => measurement is { IterationMode: IterationMode.Workload, IterationStage: IterationStage.Result })
            .Select(measurement => measurement.Nanoseconds / measurement.Operations / nanoseconds)]);

    private static string Describe(ParameterInstance parameter) => parameter.Value switch
    {
        int number => string.Create(CultureInfo.InvariantCulture, $"{number:n0} {parameter.Name.ToLowerInvariant()}"),
        var name => $"{name}".Split('@')[0],
    };
}
