using SshGateway.Operator.Model;

namespace SshGateway.Operator.Routing;

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
