using SshGateway.Feed.Client;
using Xunit;

namespace SshGateway.Tests.Integration.Feed;

public sealed class ReconnectDelayTests
{
    [Fact]
    public void A_hundred_proxies_that_lost_their_operator_at_once_come_back_spread_over_the_whole_time()
    {
        var random = new Random(1);
        ReconnectDelay[] proxies = [.. Enumerable.Range(0, 100).Select(_ => new ReconnectDelay(random))];

        foreach (double ceiling in new[] { 0.2, 0.4, 0.8, 1.6, 3.2, 6.4, 10, 10 })
        {
            double[] delays = [.. proxies.Select(p => p.Next().TotalSeconds).Order()];

            Assert.InRange(delays[^1], 0.9 * ceiling, ceiling);
            // In each tenth of the time come some, and never a third of them.
            Assert.All(Enumerable.Range(0, 10), tenth => Assert.InRange(delays.Count(d => (int)(d / ceiling * 10) == tenth), 1, 33));
        }
    }

    [Fact]
    public void After_a_stream_that_held_the_first_attempt_comes_soon_again()
    {
        var delay = new ReconnectDelay(new Random(1));
        for (int i = 0; i < 10; i++)
        {
            delay.Next();
        }

        delay.Reset();

        Assert.InRange(delay.Next().TotalSeconds, 0, 0.2);
    }
}
