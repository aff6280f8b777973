using System.Text.Json;
using k8s.Models;
using SshGateway.Operator.Kubernetes.Api;
using SshGateway.Operator.Model;

namespace SshGateway.Operator.Kubernetes.Watching;

/// <summary>Runs one watch after the other over a collection and keeps its store up to date.</summary>
internal sealed class Watcher<T>(ResourceClient<T> client, ObjectStore<T> store, ObjectDecoding<T> decoding, TimeProvider time, Random random)
    where T : KubernetesObject
{
    private const int MinSeconds = 300;
    private const int MaxSeconds = 600;

    // A server that ends every watch at once would otherwise be asked without a pause.
    private static readonly TimeSpan TooShort = TimeSpan.FromSeconds(1);

    // An event that the server cannot send ends every watch from the version before it. Only a list gets past it.
    private const int FruitlessWatchesUntilList = 3;

    private int _fruitless;

    /// <summary>One watch, from the version that the store has to its end.</summary>
    /// <param name="isJustListed">The store's version is the server's; else it is asked first.</param>
    public async Task<WatchResult> WatchAsync(bool isJustListed, CancellationToken cancellationToken)
    {
        long started = time.GetTimestamp();
        bool hadEvents = false;
        try
        {
            // A watch from a version that is yet to come is silent until it has come. After etcd was restored from a
            // backup, that hides everything that happens till then.
            if (!isJustListed && await client.ReadVersionAsync(cancellationToken) is var version && ResourceVersions.IsOlder(version, store.Version!))
            {
                return new WatchResult(WatchEnd.BackOffAndRelist, $"the server is at version {version}, and {store.Version} was seen", null);
            }
            // Watches of one age would end, and begin anew, together.
            TimeSpan timeout = TimeSpan.FromSeconds(random.Next(MinSeconds, MaxSeconds + 1));
            await foreach (WatchEvent<T> watchEvent in client.WatchAsync(store.Version!, timeout, cancellationToken))
            {
                if (watchEvent.Type == WatchEventType.Error)
                {
                    return CountFruitless(Judge(watchEvent.Status ?? new V1Status(), watchEvent.Status?.RetryAfter));
                }
                Apply(watchEvent);
                hadEvents = true;
                _fruitless = 0;
            }
        }
        catch (ApiException exception)
        {
            return Judge(exception.Status, exception.RetryAfter);
        }
        catch (Exception exception) when (ApiFailure.IsOfConnection(exception))
        {
            return new WatchResult(WatchEnd.BackOff, exception.Message, null);
        }
        catch (JsonException exception)
        {
            return new WatchResult(WatchEnd.BackOffAndRelist, exception.Message, null);
        }
        if (!hadEvents && time.GetElapsedTime(started) < TooShort)
        {
            return CountFruitless(new WatchResult(WatchEnd.BackOff, "the server ended the watch at once", null));
        }
        _fruitless = 0;
        return WatchResult.Normal;
    }

    // The server answers watches, so it has not just restarted, and a list does not join those of all other clients.
    private WatchResult CountFruitless(WatchResult result)
    {
        if (result.End != WatchEnd.BackOff || ++_fruitless < FruitlessWatchesUntilList)
        {
            return result;
        }
        _fruitless = 0;
        return result with { End = WatchEnd.BackOffAndRelist };
    }

    private static WatchResult Judge(V1Status status, TimeSpan? retryAfter)
    {
        WatchEnd end = status switch
        {
            _ when status.IsExpired => WatchEnd.Relist,
            { Code: 400 or 403 or 404 or 405 or 422 } => WatchEnd.BackOffAndRelist,
            _ => WatchEnd.BackOff,
        };
        return new WatchResult(end, $"{status.Code} {status.Reason}: {status.Message}", retryAfter) { IsForbidden = status.Code == 403 };
    }

    private void Apply(WatchEvent<T> watchEvent)
    {
        DecodedObject<T> item = watchEvent.Object;
        switch (watchEvent.Type)
        {
            case WatchEventType.Added or WatchEventType.Modified:
                decoding.Report(item);
                store.Set(item);
                break;
            case WatchEventType.Deleted:
                decoding.Forget(item.Key);
                store.Remove(item);
                break;
            case WatchEventType.Bookmark:
                store.Pass(item);
                break;
        }
    }
}

/// <summary>What to do after a watch.</summary>
internal enum WatchEnd
{
    /// <summary>Watch on, at once: the server ended it as it was told to.</summary>
    Continue,

    /// <summary>
    /// Leave the server alone for a while, then watch on from the same version: never list, or a server that comes back
    /// meets everyone's lists at once.
    /// </summary>
    BackOff,

    /// <summary>List at once: the history that the watch needs is gone.</summary>
    Relist,

    /// <summary>List at once, from etcd: somebody waits for what a quiet watch does not tell.</summary>
    CatchUp,

    /// <summary>Pause, then list: the collection is not there, or not ours to read.</summary>
    BackOffAndRelist,
}

/// <param name="Problem">What went wrong; null when nothing did.</param>
/// <param name="RetryAfter">How long the server wants to be left alone.</param>
internal readonly record struct WatchResult(WatchEnd End, string? Problem, TimeSpan? RetryAfter)
{
    public static readonly WatchResult Normal = new(WatchEnd.Continue, null, null);

    /// <summary>Whether the collection is not ours to read.</summary>
    public bool IsForbidden { get; init; }
}
