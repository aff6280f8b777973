using SshGateway.Operator.Model;

namespace SshGateway.Operator.Routing;

/// <summary>
/// How many pods match the labels that sessions select by. A session that finds no pod of its own tells its owner
/// whether one only lacks the session's label; asking every pod for that, at every change of one, would cost sessions ×
/// pods.
/// </summary>
internal sealed class LabelSelectors
{
    private readonly Dictionary<(string Namespace, string Labels), LabelSelector> _selectors = [];

    // A selector stands at one of its labels, at which the fewest others do: a pod looks only where its own labels are.
    private readonly KeyedSets<(string Namespace, string Label, string Value), LabelSelector> _standing = new();
    private readonly Dictionary<LabelSelector, (string Namespace, string Label, string Value)> _stands = [];

    public bool HasMatch(ClaudeSession session) => KeyOf(session) is { } key && _selectors.GetValueOrDefault(key) is { Matches: > 0 };

    /// <summary>A session came; one that does not select by labels is none of this.</summary>
    /// <param name="pods">All pods that are known.</param>
    public void Add(ClaudeSession session, IEnumerable<Pod> pods)
    {
        if (KeyOf(session) is not { } key)
        {
            return;
        }
        if (!_selectors.TryGetValue(key, out LabelSelector? selector))
        {
            selector = new LabelSelector(session.Namespace, session.Spec!.Pod!.MatchLabels!);
            selector.Matches = pods.Count(selector.IsMatch);
            _selectors[key] = selector;
            _stands[selector] = ChooseStand(selector);
            _standing.Add(_stands[selector], selector);
        }
        selector.Sessions.Add(session.Key);
    }

    public void Remove(ClaudeSession session)
    {
        if (KeyOf(session) is { } key && _selectors.TryGetValue(key, out LabelSelector? selector)
            && selector.Sessions.Remove(session.Key) && selector.Sessions.Count == 0)
        {
            _selectors.Remove(key);
            _stands.Remove(selector, out var stand);
            _standing.Remove(stand, selector);
        }
    }

    /// <summary>A pod came, changed or went.</summary>
    /// <returns>The sessions to which it makes a difference: some pod matches now and none did, or the other way
    /// round.</returns>
    public IEnumerable<ObjectKey> Change(Pod? previous, Pod? latest)
    {
        List<LabelSelector> before = Matching(previous);
        List<LabelSelector> after = Matching(latest);
        LabelSelector[] touched = [.. before.Union(after)];
        HashSet<LabelSelector> had = [.. touched.Where(s => s.Matches > 0)];
        before.ForEach(s => s.Matches--);
        after.ForEach(s => s.Matches++);
        return touched.Where(s => had.Contains(s) != s.Matches > 0).SelectMany(s => s.Sessions);
    }

    private List<LabelSelector> Matching(Pod? pod)
    {
        if (pod is null)
        {
            return [];
        }
        IEnumerable<(string, string, string)> stands = (pod.Metadata?.Labels ?? new Dictionary<string, string>())
            .Where(l => l.Value is not null)
            .Select(l => (pod.Namespace, l.Key, l.Value))
            .Append(Elsewhere(pod.Namespace));
        return [.. stands.SelectMany(stand => _standing[stand]).Where(s => s.IsMatch(pod))];
    }

    private (string Namespace, string Label, string Value) ChooseStand(LabelSelector selector) => selector.Labels
        .Where(l => l.Value is not null)
        .Select(l => (selector.Namespace, l.Key, l.Value))
        .DefaultIfEmpty(Elsewhere(selector.Namespace))
        .MinBy(stand => _standing[stand].Count);

    // For selectors that no label leads to: without labels, or with nulls for values. No label is named like this.
    private static (string Namespace, string Label, string Value) Elsewhere(string ofNamespace) => (ofNamespace, "", "");

    // Lengths in front, so that no two sets of labels are written alike, whatever is in them.
    private static (string Namespace, string Labels)? KeyOf(ClaudeSession session) => session.Spec?.Pod is { Name: null, MatchLabels: { } labels }
        ? (session.Namespace, string.Concat(labels.OrderBy(l => l.Key, StringComparer.Ordinal).Select(l => $"{l.Key.Length}:{l.Key}={l.Value?.Length ?? -1}:{l.Value}")))
        : null;
}

/// <summary>The labels that some sessions of one namespace select pods by.</summary>
internal sealed class LabelSelector(string ofNamespace, IReadOnlyDictionary<string, string> labels)
{
    public string Namespace => ofNamespace;

    public IReadOnlyDictionary<string, string> Labels => labels;

    /// <summary>The sessions that select by exactly these.</summary>
    public HashSet<ObjectKey> Sessions { get; } = [];

    /// <summary>How many pods match.</summary>
    public int Matches { get; set; }

    public bool IsMatch(Pod pod) => pod.Namespace == ofNamespace && IsMatch(pod, labels);

    public static bool IsMatch(Pod pod, IReadOnlyDictionary<string, string> labels) => labels.All(l => pod.Label(l.Key) == l.Value);
}
