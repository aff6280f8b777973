using SshGateway.Operator.Feed.Authentication;
using SshGateway.Operator.Kubernetes.Tokens;
using SshGateway.Tests.Support;

namespace SshGateway.Tests.Integration.Kubernetes;

/// <summary>What is remembered of tokens: not for long, and not of many.</summary>
public sealed class ReviewCacheTests
{
    private static readonly ReviewedToken Authentic = new(TokenVerdict.Authentic, "system:serviceaccount:tars:tars");

    private readonly ManualTimeProvider _time = new();

    [Fact]
    public void An_answer_is_kept_for_a_moment()
    {
        var cache = new ReviewCache(_time);
        cache.Add("good", Authentic);
        cache.Add("bad", ReviewedToken.Refused);
        Assert.Equal((Authentic, ReviewedToken.Refused, null), (cache.Find("good"), cache.Find("bad"), cache.Find("another")));

        _time.Advance(TimeSpan.FromSeconds(5));
        Assert.Equal((Authentic, null), (cache.Find("good"), cache.Find("bad")));
        _time.Advance(TimeSpan.FromSeconds(25));
        Assert.Null(cache.Find("good"));
    }

    [Fact]
    public void A_flood_of_forged_tokens_neither_fills_the_memory_nor_pushes_out_the_good_ones()
    {
        var cache = new ReviewCache(_time);
        cache.Add("good", Authentic);
        for (int i = 0; i < 10_000; i++)
        {
            cache.Add($"forged {i}", ReviewedToken.Refused);
        }
        Assert.Equal((256, Authentic), (cache.Count, cache.Find("good")));
    }
}
