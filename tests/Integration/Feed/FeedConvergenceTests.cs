using CsCheck;
using SshGateway.Tests.Support;
using Xunit;

namespace SshGateway.Tests.Integration.Feed;

/// <summary>The feed under everything that can break on the way.</summary>
public sealed class FeedConvergenceTests
{
    private const int Runs = 4;

    // About 400 steps on average.
    private const int MaxChoices = 16_000;

    // After a failure CsCheck_Time=300 and the seed that it prints look for a shorter run that fails as well.
    [Fact]
    public async Task Whatever_breaks_on_the_way_every_table_ends_as_the_operators()
    {
        int streams = 0;
        await Choices.UpTo(MaxChoices).SampleAsync(
            async numbers =>
            {
                await using var run = new FeedConvergence(new Choices(numbers));
                await run.RunAsync();
                streams += run.Streams;
            },
            iter: Runs, threads: 1, print: numbers => $"{numbers.Length} choices");
        Assert.True(streams > Runs * 6, "the streams were not cut often enough to show anything");
    }
}
