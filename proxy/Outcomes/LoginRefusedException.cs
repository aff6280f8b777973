namespace SshGateway.Proxy.Outcomes;

/// <summary>A login that was authenticated but leads nowhere. The message is the sentence that the user of ssh reads.</summary>
/// <param name="end">How the connection ends.</param>
/// <param name="sentence">What the user reads; names the session and what to do.</param>
/// <param name="detail">More for the log: addresses, fingerprints.</param>
internal sealed class LoginRefusedException(ConnectionEnd end, string sentence, string? detail = null) : Exception(sentence)
{
    public ConnectionEnd End { get; } = end;

    public string? Detail { get; } = detail;
}
