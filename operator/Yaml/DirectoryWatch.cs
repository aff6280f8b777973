using System.Threading.Channels;

namespace SshGateway.Operator.Yaml;

/// <summary>
/// Tells when a directory's files have changed and are quiet again. Events are hints only: inotify's queue can
/// overflow, some file systems send none, and nothing is said of a link that is turned elsewhere. So the links are
/// looked at several times a second, and a rescan follows after a while in any case.
/// </summary>
internal sealed class DirectoryWatch : IDisposable
{
    private static readonly TimeSpan QuietTime = TimeSpan.FromMilliseconds(50);
    private static readonly TimeSpan MaxUnrest = TimeSpan.FromMilliseconds(250);
    private static readonly TimeSpan LinkInterval = TimeSpan.FromMilliseconds(400);
    private static readonly TimeSpan RescanInterval = TimeSpan.FromSeconds(5);

    private readonly TimeProvider _time;
    private readonly Channel<bool> _events = Channel.CreateBounded<bool>(new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropWrite });
    private readonly string _directory;
    private FileSystemWatcher? _watcher;

    public DirectoryWatch(string directory, TimeProvider time)
    {
        _directory = directory;
        _time = time;
        Start();
    }

    /// <summary>Completes when files changed and events have ceased for a moment, or when a rescan is due.</summary>
    /// <param name="isElsewhere">Whether a link leads elsewhere by now.</param>
    public async Task WaitAsync(Func<bool> isElsewhere, CancellationToken cancellationToken)
    {
        long begun = _time.GetTimestamp();
        while (!await HasEventWithinAsync(LinkInterval, cancellationToken))
        {
            if (isElsewhere() || _time.GetElapsedTime(begun) >= RescanInterval)
            {
                // The directory may be another one now, of which this watcher hears nothing.
                Start();
                return;
            }
        }
        long started = _time.GetTimestamp();
        while (_time.GetElapsedTime(started) < MaxUnrest && await HasEventWithinAsync(QuietTime, cancellationToken))
        {
        }
    }

    public void Dispose() => _watcher?.Dispose();

    private void Start()
    {
        _watcher?.Dispose();
        _watcher = null;
        try
        {
            _watcher = new FileSystemWatcher(_directory)
            {
                NotifyFilter = NotifyFilters.FileName | NotifyFilters.DirectoryName | NotifyFilters.LastWrite | NotifyFilters.Size,
            };
            _watcher.Created += (_, _) => Note();
            _watcher.Changed += (_, _) => Note();
            _watcher.Renamed += (_, _) => Note();
            _watcher.Deleted += (_, _) => Note();
            _watcher.Error += (_, _) => Note();
            _watcher.EnableRaisingEvents = true;
        }
        catch (Exception exception) when (exception is ArgumentException or IOException or UnauthorizedAccessException)
        {
            // The directory is not there, or the user has no inotify instance left: the rescans find what changes.
            _watcher?.Dispose();
            _watcher = null;
        }
    }

    private void Note() => _events.Writer.TryWrite(true);

    private async Task<bool> HasEventWithinAsync(TimeSpan limit, CancellationToken cancellationToken)
    {
        using var expiry = new CancellationTokenSource(limit, _time);
        using CancellationTokenSource either = CancellationTokenSource.CreateLinkedTokenSource(expiry.Token, cancellationToken);
        try
        {
            return await _events.Reader.ReadAsync(either.Token);
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            return false;
        }
    }
}
