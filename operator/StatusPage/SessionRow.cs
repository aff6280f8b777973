using SshGateway.Operator.Model;

namespace SshGateway.Operator.StatusPage;

/// <summary>A session as the page shows it.</summary>
/// <param name="Key">Its namespace and name.</param>
/// <param name="Message">The sentence of its Ready condition.</param>
/// <param name="User">Its owner; empty: it names none.</param>
/// <param name="Pod">The pod that is bound; empty: none.</param>
/// <param name="Connections">Over all proxies; null: not known yet.</param>
/// <param name="Created">Null: a manifest does not say.</param>
internal sealed record SessionRow(
    ObjectKey Key, string Phase, string Reason, string Message, string User, string Pod, long? Connections, DateTimeOffset? Created)
{
    /// <summary>Whether an exec relay stands in for the pod's sshd.</summary>
    public bool IsExec { get; init; }

    /// <summary>Whether one of the words that identify the session contains the text.</summary>
    public bool Contains(string text)
    {
        return Has(Key.Name) || Has(User) || Has(Pod) || Has(Reason) || Has(Key.Namespace);

        bool Has(string word) => word.Contains(text, StringComparison.OrdinalIgnoreCase);
    }
}

/// <summary>All sessions at one moment. Shared by all who look.</summary>
/// <param name="Version">Of what it was made.</param>
/// <param name="TakenAt">A timestamp of the clock.</param>
internal sealed record SessionSnapshot(long Version, long TakenAt, IReadOnlyList<SessionRow> Rows);
