using SshGateway.Operator.Listing;

namespace SshGateway.Tests.Unit.Listing;

/// <summary>
/// Ages as k8s.io/apimachinery's util/duration writes them; the cases are those of its own test, and its borders.
/// </summary>
public sealed class HumanAgeTests
{
    private static readonly DateTimeOffset Now = new(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);

    [Theory]
    [InlineData(-2, "<invalid>")]
    [InlineData(-1, "0s")]
    [InlineData(0, "0s")]
    [InlineData(1, "1s")]
    [InlineData(70, "70s")]
    [InlineData(119, "119s")]
    [InlineData(120, "2m")]
    [InlineData(190, "3m10s")]
    [InlineData(312, "5m12s")]
    [InlineData(599, "9m59s")]
    [InlineData(601, "10m")]
    [InlineData((179 * 60) + 59, "179m")]
    [InlineData(3 * 3600, "3h")]
    [InlineData((5 * 3600) + (30 * 60), "5h30m")]
    [InlineData((7 * 3600) + 3599, "7h59m")]
    [InlineData(8 * 3600, "8h")]
    [InlineData((47 * 3600) + 3599, "47h")]
    [InlineData(48 * 3600, "2d")]
    [InlineData(50 * 3600, "2d2h")]
    [InlineData(8 * 24 * 3600, "8d")]
    [InlineData(729L * 24 * 3600, "729d")]
    [InlineData(730L * 24 * 3600, "2y")]
    [InlineData(732L * 24 * 3600, "2y2d")]
    [InlineData(8L * 365 * 24 * 3600, "8y")]
    [InlineData(9L * 365 * 24 * 3600, "9y")]
    public void The_older_the_coarser(long seconds, string expected) => Assert.Equal(expected, HumanAge.Format(Now.AddSeconds(-seconds), Now));

    [Fact]
    public void What_has_no_time_of_creation_says_so() => Assert.Equal("<unknown>", HumanAge.Format(null, Now));
}
