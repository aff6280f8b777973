using SshGateway.Hosting;

namespace SshGateway.Operator.Feed.Authentication;

/// <summary>
/// Keeps the issuer's keys. They are read again every hour, so that a key that was withdrawn is forgotten, and when a
/// token names an unknown one; that at most every ten seconds, for anybody can name any key.
/// </summary>
internal sealed partial class IssuerKeysCache(IIssuerKeysSource source, TimeProvider time, ILogger<IssuerKeysCache> logger) : IReloadable, IDisposable
{
    private static readonly TimeSpan Lifetime = TimeSpan.FromHours(1);
    private static readonly TimeSpan MinInterval = TimeSpan.FromSeconds(10);

    private readonly SemaphoreSlim _turn = new(1);
    private IssuerKeys? _keys;
    private long? _readAt;
    private volatile bool _isExpired;

    /// <param name="keyId">The key that is needed.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <returns>The keys; null when they could never be read.</returns>
    public async ValueTask<IssuerKeys?> GetAsync(string keyId, CancellationToken cancellationToken)
    {
        await _turn.WaitAsync(cancellationToken);
        try
        {
            TimeSpan age = _readAt is { } readAt ? time.GetElapsedTime(readAt) : TimeSpan.MaxValue;
            if (_isExpired || age >= Lifetime || (age >= MinInterval && _keys?.Find(keyId) is null))
            {
                _isExpired = false;
                _readAt = time.GetTimestamp();
                _keys = await source.ReadAsync(cancellationToken);
            }
        }
        catch (IssuerKeysException exception)
        {
            // What was read before is still the best that is known.
            LogUnreadable(logger, exception.Message);
        }
        finally
        {
            _turn.Release();
        }
        return _keys;
    }

    public string Content => "the keys for the proxies' tokens";

    /// <summary>They are read again with the next token.</summary>
    public string? Reload()
    {
        _isExpired = true;
        return null;
    }

    public void Dispose() => _turn.Dispose();

    [LoggerMessage(1, LogLevel.Warning, "The keys for the proxies' tokens cannot be read: {Problem}")]
    private static partial void LogUnreadable(ILogger logger, string problem);
}
