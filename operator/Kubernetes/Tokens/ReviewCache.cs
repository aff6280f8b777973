using System.Security.Cryptography;
using System.Text;
using SshGateway.Hosting;
using SshGateway.Operator.Feed.Authentication;

namespace SshGateway.Operator.Kubernetes.Tokens;

/// <summary>
/// What the API server said of the latest tokens, by their hashes: the tokens themselves are not kept. A full cache
/// drops what would end first, and refusals end sooner, so a flood of forged tokens does not push out the good ones.
/// </summary>
internal sealed class ReviewCache(TimeProvider time)
{
    private const int Capacity = 256;

    // Also how long a token outlives its ServiceAccount here.
    private static readonly TimeSpan AuthenticTime = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan RefusedTime = TimeSpan.FromSeconds(5);

    private readonly SteadyClock _clock = new(time);
    private readonly Lock _lock = new();
    private readonly Dictionary<string, (ReviewedToken Review, DateTimeOffset End)> _reviews = new(StringComparer.Ordinal);

    public int Count
    {
        get
        {
            lock (_lock)
            {
                return _reviews.Count;
            }
        }
    }

    public ReviewedToken? Find(string token)
    {
        string hash = Hash(token);
        lock (_lock)
        {
            return _reviews.TryGetValue(hash, out (ReviewedToken Review, DateTimeOffset End) found) && _clock.Now < found.End ? found.Review : null;
        }
    }

    public void Add(string token, ReviewedToken review)
    {
        string hash = Hash(token);
        DateTimeOffset end = _clock.Now + (review.Verdict == TokenVerdict.Authentic ? AuthenticTime : RefusedTime);
        lock (_lock)
        {
            if (_reviews.Count >= Capacity && !_reviews.ContainsKey(hash))
            {
                _reviews.Remove(_reviews.MinBy(r => r.Value.End).Key);
            }
            _reviews[hash] = (review, end);
        }
    }

    private static string Hash(string token) => Convert.ToBase64String(SHA256.HashData(Encoding.UTF8.GetBytes(token)));
}
