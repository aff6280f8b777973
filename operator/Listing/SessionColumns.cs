using System.Globalization;
using SshGateway.Operator.Model;

namespace SshGateway.Operator.Listing;

/// <summary>The columns of crds/claudesessions.yaml, for sessions that no API server prints.</summary>
internal static class SessionColumns
{
    private static readonly (ListedColumn Column, Func<ClaudeSession, DateTimeOffset, string?> Cell)[] All =
    [
        (new("Name", false), (s, _) => s.Name),
        (new("Phase", false), (s, _) => s.Status?.Phase),
        (new("Ready", false), (s, _) => Ready(s)?.Status),
        (new("Reason", false), (s, _) => Ready(s)?.Reason),
        (new("User", false), (s, _) => s.Spec?.Owner?.User),
        (new("Pod", false), (s, _) => s.Status?.Endpoint?.PodName),
        // Only an API server collects them from the proxies.
        (new("Conns", false), (_, _) => null),
        (new("Age", false), (s, now) => HumanAge.Format(s.Metadata?.CreationTimestamp, now)),
        (new("Backend", true), (s, _) => SessionRules.IsExec(s.Spec) ? "Exec" : "SSH"),
        (new("IP", true), (s, _) => s.Status?.Endpoint?.Ip),
        (new("Port", true), (s, _) => s.Status?.Endpoint?.Port?.ToString(CultureInfo.InvariantCulture)),
        (new("Node", true), (s, _) => s.Status?.Endpoint?.NodeName),
        (new("Keys", true), (s, _) => s.Status?.AuthorizedKeyCount?.ToString(CultureInfo.InvariantCulture)),
        (new("Expires", true), (s, _) => s.Spec?.ExpiresAt?.UtcDateTime.ToString("yyyy-MM-ddTHH:mm:ssZ", CultureInfo.InvariantCulture)),
        (new("Message", true), (s, _) => Ready(s)?.Message),
    ];

    /// <summary>The sessions in the order in which an API server lists them.</summary>
    public static ListedTable CreateTable(IEnumerable<ClaudeSession> sessions, DateTimeOffset now) => new(
        [.. All.Select(c => c.Column)],
        [
            .. sessions.OrderBy(s => s.Namespace, StringComparer.Ordinal).ThenBy(s => s.Name, StringComparer.Ordinal)
                .Select(s => new ListedRow(s.Namespace, [.. All.Select(c => c.Cell(s, now))])),
        ]);

    private static SessionCondition? Ready(ClaudeSession session) => session.Status?.Conditions?.FirstOrDefault(c => c.Type == SessionCondition.Ready);
}

/// <summary>A table for people.</summary>
internal sealed record ListedTable(IReadOnlyList<ListedColumn> Columns, IReadOnlyList<ListedRow> Rows);

/// <summary>A column of a table for people.</summary>
/// <param name="Name">Its header, in any case.</param>
/// <param name="IsWide">Whether it is only shown by <c>-o wide</c>.</param>
internal readonly record struct ListedColumn(string Name, bool IsWide);

/// <summary>A row of a table for people.</summary>
/// <param name="Namespace">Where the object is.</param>
/// <param name="Cells">One for each column; null is empty.</param>
internal readonly record struct ListedRow(string Namespace, IReadOnlyList<string?> Cells);
