using SshGateway.Operator.Usage;

namespace SshGateway.Operator.StatusPage;

/// <summary>What the page shows.</summary>
/// <param name="Problem">Why what it shows may be out of date; null: it is not.</param>
/// <param name="Rows">The first of the sessions that match.</param>
/// <param name="Matching">How many match.</param>
/// <param name="Total">How many there are.</param>
/// <param name="Connections">Of all sessions.</param>
/// <param name="Phases">How many sessions of each phase match but for the phase.</param>
/// <param name="Opened">The connections of the session that is opened, in the order in which they were opened.</param>
internal sealed record PageModel(
    PageQuery Query, string? Problem, IReadOnlyList<SessionRow> Rows, int Matching, int Total, long Connections,
    IReadOnlyDictionary<string, int> Phases, IReadOnlyList<LiveConnection> Opened, DateTimeOffset Now)
{
    /// <summary>More would be slow to draw, and nobody reads them.</summary>
    public const int MaxRows = 200;

    public static PageModel Create(
        SessionSnapshot snapshot, IReadOnlyList<LiveConnection> opened, PageQuery query, string? problem, DateTimeOffset now)
    {
        SessionRow[] named = [.. snapshot.Rows.Where(query.Matches)];
        SessionRow[] matching = query.Phase.Length == 0 ? named : [.. named.Where(row => row.Phase == query.Phase)];
        return new PageModel(
            query, problem, [.. query.Sorted(matching).Take(MaxRows)], matching.Length, snapshot.Rows.Count,
            snapshot.Rows.Sum(row => row.Connections ?? 0), named.CountBy(row => row.Phase).ToDictionary(), [.. opened.OrderBy(connection => connection.Since)], now);
    }
}
