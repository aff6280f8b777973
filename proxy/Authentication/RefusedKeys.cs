using SshGateway.Hosting.Text;

namespace SshGateway.Proxy.Authentication;

/// <summary>
/// The keys that one client offered in vain, for those who run the gateway; the client learns nothing of it. A client
/// may offer any number: the first are named, each once, and the others are counted.
/// </summary>
internal sealed class RefusedKeys
{
    public const int MaxNamed = 8;

    private readonly List<RefusedKey> _named = [];

    /// <summary>In the order in which they were offered.</summary>
    public IReadOnlyList<RefusedKey> Named => _named;

    /// <summary>Refusals of keys that are not named.</summary>
    public int More { get; private set; }

    /// <summary>
    /// The one that says most of why the login failed: the last certificate, as clients offer its plain key too, or
    /// else the last key; null: none was refused.
    /// </summary>
    public RefusedKey? Decisive { get; private set; }

    public void Add(RefusedKey key)
    {
        if (key.Certificate is not null || Decisive?.Certificate is null)
        {
            Decisive = key;
        }
        int known = _named.FindIndex(named => named.Type == key.Type && named.Fingerprint == key.Fingerprint);
        if (known >= 0)
        {
            // A signature may fail for another reason than the question before it.
            _named[known] = key;
        }
        else if (_named.Count < MaxNamed)
        {
            _named.Add(key);
        }
        else
        {
            More++;
        }
    }

    /// <summary>All of it in sentences, for the log.</summary>
    public override string ToString()
    {
        if (Decisive is not { } decisive)
        {
            return "The client offered no key.";
        }
        string more = More == 0 ? "" : $", and {new Quantity(More, "more offer")}";
        return $"Refused {new Quantity(_named.Count, "key")}: {string.Join(", ", _named)}{more}. The {decisive.Certificate ?? "last one"} {decisive.Problem.Description}.";
    }
}

/// <summary>A key that was offered and refused.</summary>
/// <param name="Type">The algorithm by which it was offered.</param>
/// <param name="Fingerprint">Of the key; of what came in its place where that is none.</param>
/// <param name="Problem">Why it was refused.</param>
/// <param name="Certificate">The certificate that it came in, for the log; null: none, or one that its CA did not
/// sign.</param>
internal sealed record RefusedKey(string Type, string Fingerprint, KeyProblem Problem, string? Certificate = null)
{
    public override string ToString() => $"{Type} {Fingerprint} ({Problem.Reason})";
}
