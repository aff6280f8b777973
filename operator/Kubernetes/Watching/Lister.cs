using SshGateway.Hosting.Text;
using SshGateway.Operator.Kubernetes.Api;
using SshGateway.Operator.Model;

namespace SshGateway.Operator.Kubernetes.Watching;

/// <summary>
/// Brings a collection's store up to date by lists. The first list reads from etcd (a version of 0 could come from a
/// replica that is behind) in pages; later ones ask for at least the known version, which the server's cache can
/// answer.
/// </summary>
internal sealed class Lister<T>(ResourceClient<T> client, ObjectStore<T> store, ObjectDecoding<T> decoding, ILogger logger)
    where T : KubernetesObject
{
    private const string Latest = "resourceVersion=";
    private const int PageSize = 500;

    // A replica that is behind catches up within a list or two; an etcd that was restored from a backup does not.
    private const int StaleListsUntilBelieved = 3;

    private int _staleLists;

    /// <param name="isLatestNeeded">What the server's cache has will not do.</param>
    /// <returns>Whether the store is up to date now; else the list was older than what is known, and the server needs
    /// time.</returns>
    public async Task<bool> ListAsync(bool isLatestNeeded, CancellationToken cancellationToken)
    {
        string? known = store.Version;
        ListPage<T> list = known is null || isLatestNeeded || _staleLists > 0
            ? await ListLatestAsync(cancellationToken)
            : await ListNotOlderThanAsync(known, cancellationToken);
        string version = list.Metadata.ResourceVersion ?? "";
        bool isHistoryNew = known is not null && ResourceVersions.IsOlder(version, known);
        if (isHistoryNew)
        {
            if (++_staleLists < StaleListsUntilBelieved)
            {
                WatchingLog.StaleList(logger, client.Collection, version, known!);
                return false;
            }
            WatchingLog.HistoryRestored(logger, client.Collection, version, known!);
        }
        _staleLists = 0;
        decoding.Report(list.Items);
        store.Replace(list.Items, version, isHistoryNew);
        WatchingLog.Listed(logger, client.Collection, new Quantity(list.Items.Count, "object"), version);
        return true;
    }

    private async Task<ListPage<T>> ListNotOlderThanAsync(string known, CancellationToken cancellationToken)
    {
        try
        {
            // Without a limit: with one, the version would mean exactly this one.
            return await client.ListAsync($"resourceVersion={Uri.EscapeDataString(known)}&resourceVersionMatch=NotOlderThan", cancellationToken);
        }
        catch (ApiException exception) when (exception.Status.IsExpired || exception.Status.IsTooLargeResourceVersion)
        {
            return await ListLatestAsync(cancellationToken);
        }
    }

    private async Task<ListPage<T>> ListLatestAsync(CancellationToken cancellationToken)
    {
        ListPage<T> page = await client.ListAsync($"{Latest}&limit={PageSize}", cancellationToken);
        List<DecodedObject<T>> items = [.. page.Items];
        try
        {
            while (page.Metadata.ContinueProperty is { Length: > 0 } next)
            {
                page = await client.ListAsync($"limit={PageSize}&continue={Uri.EscapeDataString(next)}", cancellationToken);
                items.AddRange(page.Items);
            }
        }
        catch (ApiException exception) when (exception.Status.IsExpired)
        {
            // The snapshot that the pages come from is gone. Pages of two snapshots do not make one list: begin again,
            // in one piece.
            return await client.ListAsync(Latest, cancellationToken);
        }
        return page with { Items = items };
    }
}
