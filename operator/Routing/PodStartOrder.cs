using SshGateway.Operator.Model;

namespace SshGateway.Operator.Routing;

/// <summary>Orders pods by when they started; pods of one second always in the same way.</summary>
internal sealed class PodStartOrder : IComparer<Pod>
{
    public static readonly PodStartOrder Instance = new();

    public int Compare(Pod? x, Pod? y)
    {
        int order = Nullable.Compare(x?.Status?.StartTime, y?.Status?.StartTime);
        order = order != 0 ? order : string.CompareOrdinal(x?.Uid, y?.Uid);
        // Only a directory can have two pods with one uid.
        order = order != 0 ? order : string.CompareOrdinal(x?.Namespace, y?.Namespace);
        return order != 0 ? order : string.CompareOrdinal(x?.Name, y?.Name);
    }
}
