using SshGateway.Operator.Model;
using SshGateway.Operator.Yaml;
using SshGateway.Tests.Support;
using Xunit;

namespace SshGateway.Tests.Unit.Yaml;

/// <summary>The directory source on a real directory, and what it said so far.</summary>
internal sealed class DirectoryRun : IAsyncDisposable
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(20);

    private readonly CancellationTokenSource _end = new();
    private readonly ClusterState _state = new();
    private readonly IAsyncEnumerator<ClusterChanges> _changes;
    private Task<bool> _next = Task.FromResult(false);

    public DirectoryRun(string directory)
    {
        Source = new DirectorySource(directory, TimeProvider.System, Log);
        _changes = Source.ReadAsync(_end.Token).GetAsyncEnumerator(_end.Token);
    }

    public DirectorySource Source { get; }

    public LogRecorder<DirectorySource> Log { get; } = new();

    /// <summary>All objects after the next changes.</summary>
    public async Task<ClusterObjects> NextAsync(TimeSpan? limit = null)
    {
        // A scan may block its thread: the test must not wait on that one.
        _next = Task.Run(() => _changes.MoveNextAsync().AsTask());
        Assert.True(await _next.WaitAsync(limit ?? Limit));
        _state.Apply(_changes.Current);
        return _state.Objects;
    }

    public Task SaysAsync(string text) => Eventually.TrueAsync(
        () => Log.Lines.Any(l => l.Text.Contains(text, StringComparison.Ordinal)),
        Limit, () => $"no line has \"{text}\": {string.Join('\n', Log.Lines.Select(l => l.Text))}");

    public async ValueTask DisposeAsync()
    {
        await _end.CancelAsync();
        await ((Task)_next).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        await _changes.DisposeAsync();
        _end.Dispose();
    }
}
