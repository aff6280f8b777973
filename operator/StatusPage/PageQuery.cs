using Microsoft.Extensions.Primitives;
using SshGateway.Feed;

namespace SshGateway.Operator.StatusPage;

/// <summary>Which sessions somebody wants to see, and in which order. Comes from the page's address.</summary>
/// <param name="Text">What the session's names contain; empty: anything.</param>
/// <param name="Phase">Its phase; empty: any.</param>
/// <param name="Opened">The id of the session whose connections are listed; empty: none.</param>
internal sealed record PageQuery(string Text, string Phase, PageOrder Order, bool IsDescending, string Opened = "")
{
    /// <summary>Longer than a session id, and than the name of an owner.</summary>
    public const int MaxText = 128;

    /// <summary>As crds/claudesessions.yaml has them.</summary>
    public static readonly IReadOnlyList<string> Phases = ["Ready", "Starting", "Pending", "NotReady", "Suspended", "Draining", "Ended", "Conflict", "Invalid"];

    /// <summary>A word for the address, as <see cref="Parse"/> reads it.</summary>
    public string Sort => Describe(Order, IsDescending);

    /// <summary>What cannot be used is left out: the address may have been typed.</summary>
    public static PageQuery Parse(IQueryCollection query)
    {
        string text = First(query["q"]).Trim();
        string phase = First(query["phase"]);
        string sort = First(query["sort"]);
        bool isKnown = Enum.TryParse(sort.TrimStart('-'), ignoreCase: true, out PageOrder order) && Enum.IsDefined(order);
        return new PageQuery(
            text.Length > MaxText ? text[..MaxText] : text, Phases.FirstOrDefault(p => p == phase) ?? "", isKnown ? order : PageOrder.Session,
            isKnown && sort.StartsWith('-'), SessionNames.IsSessionId(First(query["who"])) ? First(query["who"]) : "");
    }

    /// <summary>Such as <c>-age</c>.</summary>
    public static string Describe(PageOrder order, bool isDescending) => (isDescending ? "-" : "") + Word(order);

    /// <summary>
    /// The address of the page that is sorted by this column, or the other way round if it already is.
    /// </summary>
    public string SortedBy(PageOrder order) =>
        Address(this with { Order = order, IsDescending = order == Order ? !IsDescending : order is PageOrder.Connections });

    /// <summary>The address of the page that shows this phase; empty: all.</summary>
    public string Showing(string phase) => Address(this with { Phase = phase });

    /// <summary>The address of the page that lists the connections of this session; empty: of none.</summary>
    public string Opening(string sessionId) => Address(this with { Opened = sessionId });

    public static string Word(PageOrder order) => order switch
    {
        PageOrder.Phase => "phase",
        PageOrder.Reason => "reason",
        PageOrder.User => "user",
        PageOrder.Pod => "pod",
        PageOrder.Connections => "connections",
        PageOrder.Age => "age",
        _ => "session",
    };

    public bool Matches(SessionRow row) => Text.Length == 0 || row.Contains(Text);

    /// <summary>By name where nothing else decides, so that rows keep their place.</summary>
    public IEnumerable<SessionRow> Sorted(IEnumerable<SessionRow> rows)
    {
        IOrderedEnumerable<SessionRow> sorted = Order switch
        {
            PageOrder.Connections => By(row => row.Connections ?? 0),
            // The youngest has the latest time.
            PageOrder.Age => By(row => -(row.Created?.UtcTicks ?? 0)),
            PageOrder.Phase => By(row => row.Phase, StringComparer.Ordinal),
            PageOrder.Reason => By(row => row.Reason, StringComparer.Ordinal),
            PageOrder.User => By(row => row.User, StringComparer.OrdinalIgnoreCase),
            PageOrder.Pod => By(row => row.Pod, StringComparer.Ordinal),
            _ => By(row => row.Key.Name, StringComparer.Ordinal),
        };
        return sorted.ThenBy(row => row.Key.Name, StringComparer.Ordinal).ThenBy(row => row.Key.Namespace, StringComparer.Ordinal);

        IOrderedEnumerable<SessionRow> By<T>(Func<SessionRow, T> key, IComparer<T>? comparer = null) =>
            IsDescending ? rows.OrderByDescending(key, comparer) : rows.OrderBy(key, comparer);
    }

    private static string Address(PageQuery query)
    {
        List<KeyValuePair<string, string?>> parts = [];
        Add("q", query.Text);
        Add("phase", query.Phase);
        Add("sort", query.Sort == Word(PageOrder.Session) ? "" : query.Sort);
        Add("who", query.Opened);
        // Relative: a proxy may serve the page below a path of its own.
        return parts.Count == 0 ? "./" : $"./{QueryString.Create(parts)}";

        void Add(string name, string value)
        {
            if (value.Length > 0)
            {
                parts.Add(new(name, value));
            }
        }
    }

    private static string First(StringValues values) => values is [{ } first, ..] ? first : "";
}

/// <summary>The columns of the page. Each can be sorted by.</summary>
internal enum PageOrder
{
    Session,
    Phase,
    Reason,
    User,
    Pod,
    Connections,
    Age,
}
