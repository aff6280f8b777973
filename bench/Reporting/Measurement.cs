namespace SshGateway.Bench.Reporting;

/// <summary>What was measured in a run, each time, and its reference measured in turn with it.</summary>
/// <param name="Name">What is measured.</param>
/// <param name="Unit">Of both.</param>
/// <param name="Values">Each run's.</param>
/// <param name="ReferenceName">What it is compared with, or null.</param>
/// <param name="Reference">Each run's.</param>
/// <param name="Aim">The bound of the ratio, or without a reference of the value; null: there is none.</param>
/// <param name="MoreIsBetter">Whether the aim is a lower bound.</param>
/// <param name="AimsAtValue">Whether the aim bounds the value, although there is a reference.</param>
internal sealed record Measurement(
    string Name, string Unit, IReadOnlyList<double> Values, string? ReferenceName = null, IReadOnlyList<double>? Reference = null, double? Aim = null, bool MoreIsBetter = false, bool AimsAtValue = false)
{
    public double Median => MedianOf(Values);

    /// <summary>Half of largest less smallest, in parts of the median.</summary>
    public double Spread => Math.Abs((Values.Max() - Values.Min()) / 2 / Median);

    public double? ReferenceMedian => Reference is null ? null : MedianOf(Reference);

    /// <summary>Of the medians.</summary>
    public double? Ratio => Median / ReferenceMedian;

    /// <summary>What two runs are compared by: the ratio where there is one.</summary>
    public double Relative => Ratio ?? Median;

    /// <summary>What the aim is about.</summary>
    public double Judged => AimsAtValue ? Median : Relative;

    public bool? AimIsMet => Aim is null ? null : MoreIsBetter ? Judged >= Aim : Judged <= Aim;

    private static double MedianOf(IReadOnlyList<double> values)
    {
        double[] sorted = [.. values.Order()];
        int middle = sorted.Length / 2;
        return sorted.Length % 2 == 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
    }
}
