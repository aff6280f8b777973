using Microsoft.Extensions.Logging.Abstractions;
using SshGateway.Feed;
using SshGateway.Feed.Client;
using SshGateway.Proxy.Feed;
using SshGateway.Proxy.Sessions;
using Xunit;

namespace SshGateway.Tests.Integration.Feed;

/// <summary>A proxy knows how its table came into step, each way once.</summary>
public sealed class SyncCauseTests
{
    private readonly TableUpdater _updater = new(new SessionFeedTable(new SessionTable()), ProxyFeed.Program, NullLogger.Instance);

    [Fact]
    public void Every_way_has_its_name()
    {
        Assert.Equal(SyncCause.First, Synced("one", 1, isSnapshot: true));
        Assert.Equal(SyncCause.Changes, Synced("one", 1, isSnapshot: false));
        Assert.Equal(SyncCause.EqualHash, Synced("two", 9, isSnapshot: false));
        Assert.Equal(SyncCause.HistoryTooShort, Synced("two", 20, isSnapshot: true));
        Assert.Equal(SyncCause.NewEpoch, Synced("three", 1, isSnapshot: true));

        // Cut in the middle of a snapshot.
        _updater.Begin();
        _updater.Apply(new FeedMessage { Snapshot = new SnapshotChunk() });
        Assert.Equal(SyncCause.Interrupted, Synced("three", 2, isSnapshot: true));

        Assert.Throws<TableMismatchException>(() => _updater.Apply(new FeedMessage { Heartbeat = new Heartbeat { Count = 7 } }));
        Assert.Equal(SyncCause.HashMismatch, Synced("three", 3, isSnapshot: true));
        Assert.Equal(SyncCause.Changes, Synced("three", 3, isSnapshot: false));
    }

    [Fact]
    public void A_first_snapshot_that_was_cut_is_followed_by_the_first_table()
    {
        _updater.Begin();
        _updater.Apply(new FeedMessage { Snapshot = new SnapshotChunk() });

        Assert.Equal(SyncCause.First, Synced("one", 1, isSnapshot: true));
    }

    private SyncCause Synced(string epoch, ulong sequence, bool isSnapshot)
    {
        _updater.Begin();
        if (isSnapshot)
        {
            _updater.Apply(new FeedMessage { Snapshot = new SnapshotChunk() });
        }
        _updater.Apply(new FeedMessage { SyncComplete = new SyncComplete { Epoch = epoch, Sequence = sequence } });
        return _updater.Cause;
    }
}
