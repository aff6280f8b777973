using CsCheck;

namespace SshGateway.Tests.Support;

/// <summary>
/// A Random whose numbers CsCheck chose. A run that draws from it until they are spent can be shrunk: fewer and smaller
/// numbers make a shorter run.
/// </summary>
internal sealed class Choices(int[] numbers) : Random
{
    private int _next;

    /// <summary>Whether only zeros are left.</summary>
    public bool AreSpent => _next >= numbers.Length;

    /// <summary>Up to so many numbers.</summary>
    public static Gen<int[]> UpTo(int most) => Gen.Int[0, 1 << 20].Array[0, most];

    public override int Next(int maxValue) => AreSpent ? 0 : numbers[_next++] % maxValue;

    public override int Next(int minValue, int maxValue) => minValue + Next(maxValue - minValue);
}
