using SshGateway.Hosting;

namespace SshGateway.Operator.Feed.Authentication;

/// <summary>
/// Keeps the issuer's keys. They are read again every hour, so that a key that was withdrawn is forgotten, and when a
/// token names an unknown one; that at most every ten seconds, for anybody can name any key. All callers share one
/// refresh. It does not end with a caller: unauthenticated peers could end each of them.
/// </summary>
internal sealed partial class IssuerKeysCache(IIssuerKeysSource source, TimeProvider time, ILogger<IssuerKeysCache> logger) : IReloadable, IDisposable
{
    private static readonly TimeSpan Lifetime = TimeSpan.FromHours(1);
    private static readonly TimeSpan MinInterval = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan RefreshTimeout = TimeSpan.FromSeconds(15);

    private readonly Lock _lock = new();
    private readonly CancellationTokenSource _ending = new();
    private IssuerKeys? _keys;
    private Task? _refresh;
    private long? _readAt;
    private long? _triedAt;
    private bool _isExpired;

    /// <returns>The keys; null when they could never be read.</returns>
    public async ValueTask<IssuerKeys?> GetAsync(string keyId, CancellationToken cancellationToken)
    {
        if (FindRefresh(keyId) is { } refresh)
        {
            await refresh.WaitAsync(cancellationToken);
        }
        return Volatile.Read(ref _keys);
    }

    public void Dispose()
    {
        _ending.Cancel();
        _ending.Dispose();
    }

    /// <returns>What to wait for; null: the keys are good as they are, or cannot be had yet.</returns>
    private Task? FindRefresh(string keyId)
    {
        lock (_lock)
        {
            bool isNeeded = _isExpired || _readAt is not { } readAt || time.GetElapsedTime(readAt) >= Lifetime || _keys?.Find(keyId) is null;
            if (isNeeded && _refresh is null && (_isExpired || _triedAt is not { } triedAt || time.GetElapsedTime(triedAt) >= MinInterval))
            {
                _isExpired = false;
                _triedAt = time.GetTimestamp();
                _refresh = Task.Run(RefreshAsync);
            }
            return isNeeded ? _refresh : null;
        }
    }

    private async Task RefreshAsync()
    {
        using var timeout = new CancellationTokenSource(RefreshTimeout, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(timeout.Token, _ending.Token);
        IssuerKeys? keys = null;
        try
        {
            keys = await source.ReadAsync(either.Token);
        }
        catch (IssuerKeysException exception)
        {
            // What was read before is still the best that is known.
            LogUnreadable(logger, exception.Message);
        }
        catch (OperationCanceledException) when (!_ending.IsCancellationRequested)
        {
            LogUnreadable(logger, $"no answer in {RefreshTimeout.TotalSeconds} s");
        }
        finally
        {
            lock (_lock)
            {
                _refresh = null;
                (_keys, _readAt) = keys is null ? (_keys, _readAt) : (keys, time.GetTimestamp());
            }
        }
    }

    public string Content => "the keys for the proxies' tokens";

    /// <summary>They are read again with the next token.</summary>
    public string? Reload()
    {
        lock (_lock)
        {
            _isExpired = true;
        }
        return null;
    }

    [LoggerMessage(1, LogLevel.Warning, "Cannot read the keys that verify the proxies' tokens: {Problem}")]
    private static partial void LogUnreadable(ILogger logger, string problem);
}
