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
using SshGateway.Bench.Report;

namespace SshGateway.Bench.Pieces;

/// <summary>
/// BenchmarkDotNet over the inner pieces. In this process: for each process of its own it would restore and build a
/// project. A tenth of a second each time, so that all of it takes no longer than a minute or two.
/// </summary>
internal static class PiecesBench
{
    private const int Runs = 5;
    private const double LookUpAim = 100;
    private const double Nanosecond = 1;
    private const double Microsecond = 1000;

    public static IReadOnlyList<Figure> Run()
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
        double[] yardstick = [.. Measure(typeof(Yardstick), Microsecond, "µs").Single().Values];
        return
        [
            .. Measure(typeof(TablePieces), Nanosecond, "ns").Select(figure => figure with { Aim = LookUpAim }),
            .. new[] { typeof(CipherPieces), typeof(PacketPieces), typeof(KeyExchangePieces), typeof(FeedPieces) }
                .SelectMany(pieces => Measure(pieces, Microsecond, "µs")).Select(figure => figure with { ReferenceName = Yardstick.Name, Reference = yardstick }),
        ];

        IEnumerable<Figure> Measure(Type pieces, double nanoseconds, string unit)
        {
            Progress.Say($"pieces: {pieces.Name}");
            Summary summary = BenchmarkRunner.Run(pieces, config);
            return summary.HasCriticalValidationErrors || summary.Reports.Any(report => !report.Success)
                ? throw new InvalidOperationException($"{pieces.Name} failed:\n{log.GetLog()}")
                : summary.Reports.Select(report => FigureOf(report, nanoseconds, unit));
        }
    }

    private static Figure FigureOf(BenchmarkReport report, double nanoseconds, string unit) => new(
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
